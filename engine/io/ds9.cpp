#include "engine/io/ds9.h"

#include "engine/core/error.h"
#include "engine/core/text.h"
#include "engine/io/files.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <sstream>

#include <fmt/format.h>

namespace arcproof::io {
namespace {

// ---------------------------------------------------------------- writing

const char* name_of(Ds9Frame frame) {
  return frame == Ds9Frame::image ? "image" : frame == Ds9Frame::fk5 ? "fk5" : "icrs";
}

std::string shape_of(Ds9Frame frame, const Ds9Region& r) {
  const bool image = frame == Ds9Frame::image;
  const std::string at =
      image ? fmt::format("{:.3f},{:.3f}", r.x + 1, r.y + 1) : fmt::format("{:.8f},{:.8f}", r.x, r.y);
  const auto size = [&](double radius) {
    return image ? fmt::format("{:.3f}", radius) : fmt::format("{:.5f}\"", radius);
  };
  if (r.radius_x == 0 && r.radius_y == 0) return "point(" + at + ")";
  if (r.radius_x == r.radius_y) return fmt::format("circle({},{})", at, size(r.radius_x));
  return fmt::format("ellipse({},{},{},{:.2f})", at, size(r.radius_x), size(r.radius_y), r.angle_deg);
}

// ---------------------------------------------------------------- reading

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data() + text.starts_with('+'), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<Ds9Frame> frame_named(const std::string& word) {
  if (word == "image") return Ds9Frame::image;
  if (word == "fk5" || word == "j2000") return Ds9Frame::fk5;
  if (word == "icrs") return Ds9Frame::icrs;
  return std::nullopt;
}

class Ds9Reader {
 public:
  Ds9Reader(const std::filesystem::path& path, Ds9Shapes shapes) : path_(path.string()), shapes_(shapes) {
    std::istringstream stream(read_text(path));
    for (std::string line; std::getline(stream, line);) {
      ++line_;
      read_line(line);
    }
  }
  Ds9File take() { return std::move(file_); }

 private:
  [[noreturn]] void fail(const std::string& found, const std::string& allowed) const {
    throw InputError({path_, fmt::format("line {}", line_), found, allowed});
  }

  void read_line(const std::string& line) {
    const auto hash = line.find('#');
    const std::string note = hash == std::string::npos ? "" : line.substr(hash);
    std::istringstream commands(line.substr(0, hash));
    for (std::string command; std::getline(commands, command, ';');)
      if (const std::string words = trimmed(command); !words.empty()) read_command(words, note);
  }

  void read_command(const std::string& command, const std::string& note) {
    const std::string word = lower_case(command.substr(0, command.find_first_of(" (")));
    if (word == "global") return;
    if (command.find('(') != std::string::npos) return read_shape(command, note);
    const auto frame = frame_named(word);
    if (!frame) fail("'" + command + "'", "image, fk5, icrs, or a region such as circle(x,y,r)");
    if (frame_ && *frame_ != *frame) fail("a second frame, " + word, "one frame for all regions");
    frame_ = file_.frame = *frame;
  }

  void read_shape(const std::string& command, const std::string& note) {
    if (command[0] == '-') return;
    const std::size_t open = command.find('('), close = command.find(')');
    if (close == std::string::npos) fail("'" + command + "'", "a closing bracket");
    const std::string shape =
        lower_case(trimmed(command.substr(command[0] == '+', open - (command[0] == '+'))));
    std::string inside = command.substr(open + 1, close - open - 1);
    std::replace(inside.begin(), inside.end(), ',', ' ');
    std::istringstream stream(inside);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    file_.regions.push_back(region(shape, words));
    if (const auto at = note.find("text={"); at != std::string::npos)
      file_.regions.back().text = note.substr(at + 6, note.find('}', at) - at - 6);
  }

  Ds9Region region(const std::string& shape, const std::vector<std::string>& words) const {
    if (shape == "polygon" && shapes_ == Ds9Shapes::outlines) return polygon(words);
    if (shape == "point" && shapes_ == Ds9Shapes::outlines)
      fail("a point", "a shape with an inside: circle, ellipse, box or polygon");
    const std::size_t least = shape == "point" ? 2 : shape == "circle" || shape == "annulus" ? 3 : 4;
    if (shape != "point" && shape != "circle" && shape != "annulus" && shape != "ellipse" && shape != "box")
      fail("the shape '" + shape + "'", "point, circle, ellipse, box or annulus");
    if (words.size() < least)
      fail(fmt::format("{} numbers", words.size()), fmt::format("at least {}", least));
    Ds9Region r;
    r.x = position(words[0], true);
    r.y = position(words[1], false);
    if (least >= 3) r.radius_x = r.radius_y = size(words[2]);
    if (least >= 4) r.radius_y = size(words[3]);
    if (shape == "box") {
      r.radius_x /= 2;
      r.radius_y /= 2;
    }
    if (least >= 4 && words.size() > 4) r.angle_deg = plain(words[4]);
    return r;
  }

  Ds9Region polygon(const std::vector<std::string>& words) const {
    if (words.size() < 6 || words.size() % 2 == 1)
      fail(fmt::format("a polygon of {} numbers", words.size()), "x and y of three corners or more");
    Ds9Region r;
    const std::size_t corners = words.size() / 2;
    const double count = static_cast<double>(corners);
    for (std::size_t i = 0; i < words.size(); i += 2) {
      r.vertices.emplace_back(position(words[i], true), position(words[i + 1], false));
      r.x += r.vertices.back().first / count;
      r.y += r.vertices.back().second / count;
    }
    return r;
  }

  bool on_image() const { return file_.frame == Ds9Frame::image; }

  double plain(const std::string& word) const {
    const auto value = number(word);
    if (!value) fail("'" + word + "'", "a number");
    return *value;
  }

  double position(const std::string& word, bool first) const {
    if (on_image()) return plain(word) - 1;
    if (word.find(':') != std::string::npos) return sexagesimal(word) * (first ? 15 : 1);
    return plain(word.ends_with('d') ? word.substr(0, word.size() - 1) : word);
  }

  // hh:mm:ss or dd:mm:ss; "-0:30:00" keeps its sign.
  double sexagesimal(const std::string& word) const {
    std::istringstream stream(word);
    double value = 0, unit = 1;
    for (std::string part; std::getline(stream, part, ':'); unit /= 60) value += std::abs(plain(part)) * unit;
    return word[0] == '-' ? -value : value;
  }

  double size(const std::string& word) const {
    if (on_image()) return plain(word);
    const std::string digits = word.substr(0, word.size() - 1);
    switch (word.back()) {
      case '"':
        return plain(digits);
      case '\'':
        return plain(digits) * 60;
      case 'd':
        return plain(digits) * 3600;
      default:
        return plain(word) * 3600;  // DS9's default on the sky is degrees
    }
  }

  std::string path_;
  Ds9Shapes shapes_;
  int line_ = 0;
  std::optional<Ds9Frame> frame_;
  Ds9File file_;
};

}  // namespace

void write_ds9(const std::filesystem::path& path, Ds9Frame frame, std::span<const Ds9Region> regions) {
  std::string text =
      fmt::format("# Region file format: DS9 version 4.1\nglobal color=green width=1\n{}\n", name_of(frame));
  for (const Ds9Region& r : regions) {
    if (!std::isfinite(r.x) || !std::isfinite(r.y)) continue;
    text += shape_of(frame, r) + " # color=" + r.color;
    if (!r.text.empty()) text += " text={" + r.text + "}";
    text += "\n";
  }
  write_text(path, text);
}

Ds9File read_ds9(const std::filesystem::path& path, Ds9Shapes shapes) {
  return Ds9Reader(path, shapes).take();
}

}  // namespace arcproof::io
