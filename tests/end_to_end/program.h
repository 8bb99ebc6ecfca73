// Runs the program as a user does, and small recipes to run it on.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace arcproof::tests {

struct Outcome {
  int exit_code = -1;
  std::string output;  ///< standard output and standard error, in the order written
};

/// Runs `arcproof ARGUMENTS` through the shell.
Outcome run_program(const std::string& arguments);
/// Runs any command.
Outcome run_command(const std::string& command);

/// How a process ended, and what it took.
struct Ending {
  int signal = 0;                                     ///< that it died of; 0: it ended by itself
  int exit_code = -1;                                 ///< where it ended by itself
  double wall_s = 0, cpu_s = 0, peak_memory_mib = 0;  ///< with the processes it waited for
};

/// The program at work, without a shell between it and its signals. Its output goes to a file.
class StartedProgram {
 public:
  StartedProgram(const std::vector<std::string>& arguments, const std::filesystem::path& output);
  ~StartedProgram();  ///< kills what still runs
  StartedProgram(const StartedProgram&) = delete;
  StartedProgram& operator=(const StartedProgram&) = delete;

  bool is_running() const;
  void kill() const;  ///< SIGKILL
  Ending wait();

 private:
  pid_t process_ = -1;
  double start_s_ = 0;
  bool waited_ = false;
};

/// A recipe of five bands and a few seconds, on embedded defaults alone; `changes` replaces text in it.
std::filesystem::path write_small_recipe(const std::filesystem::path& folder,
                                         const std::map<std::string, std::string>& changes = {});

/// SHA-256 of every table and JSON product of an output folder, by file name. The manifest and the page,
/// which tell times, are left out.
std::map<std::string, std::string> product_hashes(const std::filesystem::path& output);
/// The same of the finished parts of a run; temporaries are no parts.
std::map<std::string, std::string> part_hashes(const std::filesystem::path& output);

}  // namespace arcproof::tests
