// The options of the commands on masses.
#pragma once

#include "recipes/program/commands/command.h"

namespace arcproof::commands {

std::vector<Command> add_masses(CLI::App& app);

}  // namespace arcproof::commands
