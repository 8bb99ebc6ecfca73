// The options of the commands on mosaics.
#pragma once

#include "recipes/program/commands/command.h"

namespace arcproof::commands {

std::vector<Command> add_mosaics(CLI::App& app);

}  // namespace arcproof::commands
