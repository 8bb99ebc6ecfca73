#include "recipes/program/campaign/products.h"

#include "recipes/program/products/controls.h"
#include "recipes/program/products/correction.h"
#include "recipes/program/products/measurement.h"
#include "recipes/program/products/metrics.h"
#include "recipes/program/products/psf.h"
#include "recipes/program/products/recovery.h"
#include "recipes/program/products/studies/ladder.h"
#include "recipes/program/products/studies/lens_models.h"
#include "recipes/program/products/studies/line_widths.h"
#include "recipes/program/products/studies/mass_function.h"
#include "recipes/program/products/studies/population.h"
#include "recipes/program/products/studies/templates.h"
#include "recipes/program/products/verdict.h"
#include "reports/sections/criteria.h"

#include <algorithm>

namespace arcproof::recipes {

const std::vector<const Product*>& all_products() {
  static const std::vector<const Product*> products = {
      &lens_models_product, &templates_product, &recovery_product,      &measurement_product,
      &correction_product,  &controls_product,  &mass_function_product, &population_product,
      &line_widths_product, &ladder_product,    &psf_product,           &metrics_product,
      &verdict_product};  // last: of what the others have set
  return products;
}

std::vector<validation::MetricDescription> metrics_of(const Recipe& recipe) {
  std::vector<validation::MetricDescription> all;
  for (const Product* product : all_products())
    if (product->is_asked_for(recipe)) validation::add_to(all, product->metrics(recipe));
  return all;
}

bool is_file_of_a_product(const std::string& name) {
  return std::any_of(all_products().begin(), all_products().end(), [&](const Product* product) {
    return std::find(product->files.begin(), product->files.end(), name) != product->files.end();
  });
}

std::vector<reports::SectionMaker> report_sections() {
  std::vector<reports::SectionMaker> sections{reports::criteria_section};
  for (const Product* product : all_products())
    sections.insert(sections.end(), product->sections.begin(), product->sections.end());
  return sections;
}

}  // namespace arcproof::recipes
