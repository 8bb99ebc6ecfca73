#include "recipes/program/description/lens_names.h"

#include "engine/core/text.h"

#include <algorithm>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

bool has_name(const std::vector<NamedLens>& lenses, const std::string& name) {
  return std::any_of(lenses.begin(), lenses.end(), [&](const NamedLens& l) { return l.name == name; });
}

// The description, with a number where another lens has it.
std::string new_name(const LensRecipe& lens, const std::vector<NamedLens>& taken) {
  const std::string description = lens::name_of(lens.choice);
  std::string name = description;
  for (int k = 2; has_name(taken, name); ++k) name = fmt::format("{} ({})", description, k);
  return name;
}

const NamedLens* find_model(const std::vector<NamedLens>& lenses, const LensRecipe& lens) {
  const auto it = std::find_if(lenses.begin(), lenses.end(),
                               [&](const NamedLens& l) { return same_model(l.lens, lens); });
  return it == lenses.end() ? nullptr : &*it;
}

}  // namespace

bool compares_lenses(const Recipe& recipe) {
  return !recipe.alternative_lenses.empty() ||
         std::any_of(recipe.fields.begin(), recipe.fields.end(),
                     [](const FieldRecipe& field) { return field.truth_lens.has_value(); });
}

std::vector<NamedLens> analysis_lenses(const Recipe& recipe) {
  std::vector<NamedLens> others;
  for (const AlternativeLensRecipe& a : recipe.alternative_lenses)
    others.push_back({a.name, a.lens, "_" + lower_case(a.name)});
  std::vector<NamedLens> lenses{{new_name(recipe.analysis_lens, others), recipe.analysis_lens, ""}};
  lenses.insert(lenses.end(), others.begin(), others.end());
  return lenses;
}

std::vector<NamedLens> truth_lenses(const Recipe& recipe) {
  std::vector<NamedLens> known = analysis_lenses(recipe), truths;
  for (const FieldRecipe& field : recipe.fields) {
    const LensRecipe& lens = recipe.truth_lens_of(field);
    if (find_model(truths, lens)) continue;
    const NamedLens* same = find_model(known, lens);
    truths.push_back({same ? same->name : new_name(lens, known), lens, ""});
    known.push_back(truths.back());
  }
  const std::vector<NamedLens> analyses = analysis_lenses(recipe);
  const auto place = [&](const NamedLens& l) { return find_model(analyses, l.lens); };
  std::stable_sort(truths.begin(), truths.end(), [&](const NamedLens& a, const NamedLens& b) {
    return place(a) && (!place(b) || place(a) < place(b));
  });
  return truths;
}

studies::LensModelOptions lens_model_options(const Recipe& recipe) {
  studies::LensModelOptions options;
  options.min_mass_msun = recipe.mass_function.min_mass_msun;
  const std::vector<NamedLens> analyses = analysis_lenses(recipe), truths = truth_lenses(recipe);
  for (const NamedLens& lens : analyses) options.analyses.push_back({lens.name, lens.suffix});
  for (const NamedLens& truth : truths) {
    studies::TruthLens& one = options.truths.emplace_back(studies::TruthLens{truth.name, {}});
    for (const NamedLens& analysis : analyses)
      if (same_model(truth.lens, analysis.lens)) one.same_as.insert(analysis.name);
  }
  for (const FieldRecipe& field : recipe.fields)
    options.fields.push_back({field.name, find_model(truths, recipe.truth_lens_of(field))->name});
  return options;
}

}  // namespace arcproof::recipes
