// The options of the commands on lenses.
#pragma once

#include "recipes/program/commands/command.h"

namespace arcproof::commands {

std::vector<Command> add_lenses(CLI::App& app);

}  // namespace arcproof::commands
