// The manifest: what ran, on what, with what, and the digest of all that went in and came out.
#pragma once

#include "recipes/inputs.h"

#include <filesystem>

namespace arcproof::recipes {

class RunClock;

/// Writes manifest.json into a finished output folder.
void write_manifest(const Recipe& recipe, const Inputs& inputs, const std::filesystem::path& output,
                    int threads, const RunClock& clock);

/// Version, compiler, flags and libraries of this program.
io::Json build_information();

}  // namespace arcproof::recipes
