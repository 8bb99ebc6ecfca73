#include "reports/drawing/gnuplot.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "reports/drawing/html.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace arcproof::reports {
namespace fs = std::filesystem;
namespace {

// A folder of our own under the system's temporary folder, gone at the end.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "arcproof-figure-XXXXXX").string();
    if (!::mkdtemp(name.data()))
      throw SystemError(fmt::format("{}: cannot be made: {}", name, std::strerror(errno)));
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class SpawnActions {
 public:
  SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  void open(int descriptor, const char* path, int flags) {
    ::posix_spawn_file_actions_addopen(&actions_, descriptor, path, flags, 0600);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// Starts gnuplot, waits for it, and returns its exit status, or -1 when there is no such program. What it
// says goes to `messages`.
int run_gnuplot(std::vector<std::string> arguments, const fs::path& messages) {
  SpawnActions actions;
  actions.open(STDIN_FILENO, "/dev/null", O_RDONLY);
  actions.open(STDOUT_FILENO, "/dev/null", O_WRONLY);
  actions.open(STDERR_FILENO, messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC);
  arguments.insert(arguments.begin(), "gnuplot");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, "gnuplot", actions.get(), nullptr, pointers.data(), environ);
  if (error == ENOENT) return -1;
  if (error) throw SystemError(fmt::format("gnuplot cannot be started: {}", std::strerror(error)));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      throw SystemError(fmt::format("gnuplot cannot be waited for: {}", std::strerror(errno)));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

std::string in_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  const std::size_t first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
  return first == std::string::npos ? "no message" : text.substr(first, last - first + 1);
}

// A file's name in a script: no markup is looked for there.
std::string quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2) text.insert(at, "'");
  return "'" + text + "'";
}

// What gnuplot draws with this terminal and script.
std::string drawn(const std::string& figure, const std::string& terminal, const std::string& script) {
  const ScratchFolder scratch;
  const fs::path script_file = scratch.path() / "script", picture = scratch.path() / "picture",
                 messages = scratch.path() / "messages";
  io::write_text(script_file,
                 fmt::format("set encoding utf8\nset terminal {}\nset output {}\n{}unset output\n", terminal,
                             quoted(picture.string()), script));
  const int status = run_gnuplot({"-d", script_file.string()}, messages);
  if (status < 0)
    throw SystemError(
        "gnuplot: found no such program on the PATH; allowed: gnuplot 5.2 or newer (Debian package "
        "gnuplot-nox)");
  if (status > 0 || !fs::exists(picture))
    throw SystemError(fmt::format("gnuplot failed at the figure '{}' (status {}): {}", figure, status,
                                  in_one_line(io::read_text(messages))));
  return io::read_text(picture);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// Cuts every element <name>...</name>.
void remove_elements(std::string& text, const std::string& name) {
  const std::string open = "<" + name + ">", close = "</" + name + ">";
  for (std::size_t at = 0; (at = text.find(open, at)) != std::string::npos;) {
    const std::size_t end = text.find(close, at);
    if (end == std::string::npos) return;
    text.erase(at, end + close.size() - at);
  }
}

// A stand-alone SVG file as an element of a page: no prologue, no titles (a browser would show "Gnuplot" as a
// tool tip), ids with a prefix, and the width of the column it stands in.
std::string as_element(std::string svg, const std::string& id, std::string_view text, int width_px,
                       int height_px) {
  svg.erase(0, std::min(svg.find("<svg"), svg.size()));
  remove_elements(svg, "title");
  remove_elements(svg, "desc");
  replace_all(svg, " id='", " id='" + id + "-");
  replace_all(svg, " id=\"", " id=\"" + id + "-");
  replace_all(svg, "href='#", "href='#" + id + "-");
  replace_all(svg, "href=\"#", "href=\"#" + id + "-");
  replace_all(svg, "url(#", "url(#" + id + "-");
  replace_all(svg, "<tspan font-family=\"Helvetica\" >", "<tspan>");
  const std::string size = fmt::format("width=\"{}\" height=\"{}\"", width_px, height_px);
  if (const std::size_t at = svg.find(size); at != std::string::npos)
    svg.replace(at, size.size(), fmt::format("role=\"img\" aria-label=\"{}\"", html::escape(text)));
  return svg;
}

}  // namespace

std::string faded(std::string_view colour, double transparency) {
  const int alpha = static_cast<int>(std::lround(255 * std::clamp(transparency, 0.0, 1.0)));
  return fmt::format("#{:02x}{}", alpha, colour.substr(1));
}

std::string gnuplot_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += "''";
    else if (c == '\n') out += ' ';
    else if (std::string_view("{}^_@&~\\").find(c) != std::string_view::npos) out += std::string("\\") + c;
    else out += c;
  }
  return out + "'";
}

std::vector<std::size_t> thinned(std::size_t count, std::size_t most) {
  std::vector<std::size_t> rows;
  const std::size_t kept = std::min(count, most);
  for (std::size_t i = 0; i < kept; ++i) rows.push_back(i * count / kept);
  return rows;
}

Plot::Plot(std::string id, int width_px, int height_px)
    : id_(std::move(id)), width_px_(width_px), height_px_(height_px) {
  add("set border 3 linecolor rgb '{}' linewidth 1", colour::soft);
  add("set tics out nomirror scale 0.6 textcolor rgb '{}'", colour::soft);
  add("set grid linecolor rgb '{}' linewidth 1 linetype 1", colour::line);
  command("set grid back");
  command("set xtics offset 0,0.4");
  command("set style fill solid noborder");
  command("unset key");
}

void Plot::data(std::string_view name, const DataRows& rows, std::size_t columns) {
  const auto line = [&](const std::vector<double>& row) {
    for (std::size_t c = 0; c < columns; ++c)
      script_ +=
          (c ? " " : "") + (std::isfinite(row[c]) ? fmt::format("{:.7g}", row[c]) : std::string("NaN"));
    script_ += '\n';
  };
  script_ += fmt::format("${} << EOD\n", name);
  for (const auto& row : rows) line(row);
  if (rows.empty()) line(std::vector<double>(columns, std::nan("")));
  script_ += "EOD\n";
}

void Plot::frame(int left_px, int right_px, int bottom_px, int top_px) {
  const double w = width_px_, h = height_px_;
  left_px_ = left_px;
  bottom_px_ = bottom_px;
  add("set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}", left_px / w, 1 - right_px / w);
  add("set bmargin at screen {:.5f}\nset tmargin at screen {:.5f}", bottom_px / h, 1 - top_px / h);
}

void Plot::range(std::string_view axis, double low, double high) {
  if (!std::isfinite(low) || !std::isfinite(high)) low = 0, high = 1;
  if (low == high) low -= 0.5, high += 0.5;
  add("set {}range [{:.7g}:{:.7g}]", axis, low, high);
}

// gnuplot would place them by the width of the tics' numbers, which it guesses too large: in a page they must
// stand where they are seen.
void Plot::x_label(std::string_view quoted) {
  add("set label 1 {} at graph 0.5, screen {:.5f} center front textcolor rgb '{}'", quoted,
      (bottom_px_ - 38.0) / height_px_, colour::ink);
}

void Plot::y_label(std::string_view quoted) {
  add("set label 2 {} at screen {:.5f}, graph 0.5 center rotate by 90 front textcolor rgb '{}'", quoted,
      (left_px_ - 52.0) / width_px_, colour::ink);
}

void Plot::unit_colour_bar(std::string_view quoted_label) {
  command(viridis);
  range("cb", 0, 1);
  add("set colorbox user origin screen {:.5f}, graph 0 size screen {:.5f}, graph 1", 1 - 80.0 / width_px_,
      12.0 / width_px_);
  command("set cbtics 0.2 scale 0.4");
  add("set label 3 {} at screen {:.5f}, graph 0.5 center rotate by 90 front textcolor rgb '{}'", quoted_label,
      1 - 16.0 / width_px_, colour::ink);
}

void Plot::key_above(int rows) {
  add("set key at graph 0, screen {:.4f} left top Left reverse vertical maxrows {} samplen 1.6 spacing 1.15 "
      "textcolor rgb '{}'",
      1 - 2.0 / height_px_, rows, colour::ink);
}

std::string Plot::svg(std::string_view text) const {
  const std::string terminal =
      fmt::format("svg size {},{} enhanced rounded font 'Helvetica,13'", width_px_, height_px_);
  return as_element(drawn(id_, terminal, script_), id_, text, width_px_, height_px_);
}

std::string Plot::png() const {
  return drawn(id_, fmt::format("pngcairo size {},{}", width_px_, height_px_), script_);
}

}  // namespace arcproof::reports
