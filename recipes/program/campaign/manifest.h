// The manifest: what ran, on what, with what, and the digest of all that went in and came out.
#pragma once

#include "recipes/program/fields/inputs.h"

#include <filesystem>
#include <vector>

namespace arcproof::recipes {

class RunClock;
struct RoundRecord;

/// Writes manifest.json into a finished output folder.
void write_manifest(const Recipe& recipe, const Inputs& inputs, const std::filesystem::path& output,
                    int threads, const RunClock& clock, const std::vector<RoundRecord>& rounds);

/// Version, compiler, flags and libraries of this program.
io::Json build_information();

}  // namespace arcproof::recipes
