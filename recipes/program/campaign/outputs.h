// From parts to products: tables, metrics, verdict, report, manifest.
#pragma once

#include "recipes/program/campaign/clock.h"
#include "recipes/program/campaign/rounds.h"
#include "recipes/program/fields/field_setup.h"
#include "validation/checks/built_in.h"

#include <filesystem>
#include <string>
#include <vector>

namespace arcproof::recipes {

/// True for the file names that write_outputs writes.
bool is_product(const std::string& file_name);

class PartStore;

/// Writes all products of a run whose parts are complete; `rounds` are those that the run added.
validation::Judgement write_outputs(const Recipe& recipe, const Inputs& inputs,
                                    const std::vector<FieldSetup>& fields, const PartStore& store,
                                    const std::filesystem::path& output, int threads, const RunClock& clock,
                                    const std::vector<RoundRecord>& rounds = {});

}  // namespace arcproof::recipes
