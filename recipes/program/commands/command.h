// The commands that work alone on a user's data, without a recipe, as the command line knows them.
//
// An image is named FILE or FILE[HDU], HDU an EXTNAME or a number from 0. Where there are several bands,
// values are given per band as BAND=VALUE. Units, zero points and sky coordinates come from the headers
// (engine/sky/exposure.h). Everything is read and checked before any work, and everything is written at the
// end: bad input throws InputError and leaves no file behind.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace arcproof::commands {

/// One subcommand: `run`, called after the command line was parsed, gives the lines to print. Throws
/// InputError.
struct Command {
  CLI::App* app = nullptr;
  std::function<std::string()> run;
};

}  // namespace arcproof::commands
