// Runs the program as a user does, and small recipes to run it on.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace arcproof::tests {

struct Outcome {
  int exit_code = -1;
  std::string output;  ///< standard output and standard error, in the order written
};

/// Runs `arcproof ARGUMENTS` through the shell.
Outcome run_program(const std::string& arguments);
/// Runs any command.
Outcome run_command(const std::string& command);

/// A recipe of five bands and a few seconds, on embedded defaults alone; `changes` replaces text in it.
std::filesystem::path write_small_recipe(const std::filesystem::path& folder,
                                         const std::map<std::string, std::string>& changes = {});

/// SHA-256 of every table and JSON product of an output folder, by file name. The manifest and the page,
/// which tell times, are left out.
std::map<std::string, std::string> product_hashes(const std::filesystem::path& output);

}  // namespace arcproof::tests
