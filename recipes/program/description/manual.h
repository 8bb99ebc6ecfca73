// The manual of a recipe's keys, made from their description.
#pragma once

#include <string>

namespace arcproof::recipes {

/// Markdown: a table of keys for each object of the recipe, with default, allowed values and meaning.
std::string recipe_manual();

}  // namespace arcproof::recipes
