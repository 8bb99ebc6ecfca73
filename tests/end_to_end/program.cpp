#include "tests/end_to_end/program.h"

#include "engine/core/hash.h"
#include "engine/io/files.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace arcproof::tests {
namespace {

constexpr const char* small_recipe = R"({
  "name": "small", "seed": 7, "pixel_scale_arcsec": 0.02,
  "bands": [
    { "name": "F090W", "depth_mag_ab": 29.2 },
    { "name": "F150W", "depth_mag_ab": 29.1, "electrons_per_njy": 300 },
    { "name": "F200W", "depth_mag_ab": 29.1 },
    { "name": "F277W", "depth_mag_ab": 29.1 },
    { "name": "F444W", "depth_mag_ab": 29.0 }
  ],
  "truth_lens": { "kind": "compact_cluster" },
  "analysis_lens": { "kind": "compact_cluster", "dispersion_factor": 1.01, "posterior_rows": 5 },
  "fields": [ { "name": "arc", "z": 1.4, "x_arcsec": 2.8, "y_arcsec": 4.5, "size_arcsec": 5,
                "host": { "kind": "source_disc", "radius_arcsec": 0.3 } } ],
  "scene": { "noise_correlation": 0.3, "host": { "clumps": 10 }, "interlopers": { "count": 5 } },
  "injection": { "realisations": 6, "clumps": 4 },
  "pipeline": { "photometry": { "redraws": 10 }, "sed": { "redraws": 10 }, "limits": { "apertures": 200 } },
  "mass_function": { "steps": 60, "burn_in": 20, "ensembles": 2, "bootstraps": 10, "min_mass_msun": 1e5, "max_age_myr": 3000 },
  "validation": { "leaf": 8 }
}
)";

void replace(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("the small recipe does not hold: " + from);
  text.replace(at, from.size(), to);
}

double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

Outcome run_command(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + command);
  std::array<char, 4096> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    outcome.output.append(buffer.data(), count);
  const int status = pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

Outcome run_program(const std::string& arguments) {
  return run_command(std::string(ARCPROOF_PROGRAM) + " " + arguments);
}

StartedProgram::StartedProgram(const std::vector<std::string>& arguments, const std::filesystem::path& output)
    : start_s_(now_s()) {
  std::vector<std::string> words = {ARCPROOF_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  const int error = posix_spawn(&process_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + words.front());
}

StartedProgram::~StartedProgram() {
  if (waited_) return;
  kill();
  wait();
}

bool StartedProgram::is_running() const {
  siginfo_t info{};
  return !waited_ && waitid(P_PID, static_cast<id_t>(process_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

void StartedProgram::kill() const { ::kill(process_, SIGKILL); }

Ending StartedProgram::wait() {
  int status = 0;
  rusage usage{};
  if (wait4(process_, &status, 0, &usage) != process_) throw std::runtime_error("cannot wait for arcproof");
  waited_ = true;
  Ending ending;
  if (WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
  else ending.exit_code = WEXITSTATUS(status);
  ending.wall_s = now_s() - start_s_;
  ending.cpu_s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  ending.peak_memory_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  return ending;
}

std::filesystem::path write_small_recipe(const std::filesystem::path& folder,
                                         const std::map<std::string, std::string>& changes) {
  std::string text = small_recipe;
  for (const auto& [from, to] : changes) replace(text, from, to);
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "recipe.json") << text;
  return folder;
}

std::map<std::string, std::string> product_hashes(const std::filesystem::path& output) {
  std::map<std::string, std::string> hashes;
  for (const auto& entry : std::filesystem::directory_iterator(output)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name == "manifest.json" || name == "report.html" || name == "run.json")
      continue;
    hashes[name] = sha256_of_file(entry.path());
  }
  return hashes;
}

std::map<std::string, std::string> part_hashes(const std::filesystem::path& output) {
  std::map<std::string, std::string> hashes;
  if (!std::filesystem::exists(output / "parts")) return hashes;
  for (const auto& entry : std::filesystem::directory_iterator(output / "parts"))
    if (!io::is_temporary(entry.path()))
      hashes[entry.path().filename().string()] = sha256_of_file(entry.path());
  return hashes;
}

}  // namespace arcproof::tests
