// The lenses of a recipe, by the names that tables call them.
#pragma once

#include "recipes/program/description/recipe.h"
#include "validation/studies/lens_models.h"

#include <string>
#include <vector>

namespace arcproof::recipes {

/// True for recipes with alternative lenses or with fields that have a truth lens of their own: those for
/// which lens models are compared (validation/studies/lens_models.h).
bool compares_lenses(const Recipe& recipe);

/// A lens as tables call it: the name of an alternative lens; "ICLv1" for a Lenstool model .../ICLv1/best.par
/// ("ICLv1 row 50" for a row of its posterior), "map FILE", "compact_cluster", "compact_cluster x 1.05",
/// "constant 10 x 2" (tangential and radial magnification). Different models have different names: " (2)" is
/// appended where needed.
struct NamedLens {
  std::string name;
  LensRecipe lens;
  std::string suffix;  ///< of the catalogue's columns: "" for the main analysis lens, else "_name"
};

/// The lenses that clumps are delensed with: the main one first, then the alternatives.
std::vector<NamedLens> analysis_lenses(const Recipe& recipe);
/// The lenses that clumps go through, each once; a model that is also an analysis lens has its name. In the
/// order of the analysis lenses, then of the fields.
std::vector<NamedLens> truth_lenses(const Recipe& recipe);

/// The lenses of both kinds, and which fields lie behind which.
studies::LensModelOptions lens_model_options(const Recipe& recipe);

}  // namespace arcproof::recipes
