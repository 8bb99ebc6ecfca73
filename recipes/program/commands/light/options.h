// The options of the commands on photometry and stellar libraries.
#pragma once

#include "recipes/program/commands/command.h"

namespace arcproof::commands {

std::vector<Command> add_light(CLI::App& app);

}  // namespace arcproof::commands
