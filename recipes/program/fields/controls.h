// Objects that are measured beside the host's own: around injections, outside the host, and in the negative image.
// What a selected row can be without being a clump of the host.
#pragma once

#include "engine/io/table.h"
#include "recipes/program/fields/field_setup.h"

#include <string>
#include <vector>

namespace arcproof::recipes {

/// Where an object of table MEASURED was looked for.
namespace around {
inline constexpr const char* injections = "injections";  ///< in the cores of regions around injected images
inline constexpr const char* outside = "outside_host";   ///< in the un-injected image, outside the host
inline constexpr const char* negative = "negative";      ///< inside the host, in the negative of the image
}  // namespace around

/// Rows of table MEASURED: the columns of the catalogue, then `around`, `realisation` (-1 - field number without
/// injections) and `injection_id` (missing where no injection was matched to the object; `ids` may be empty).
io::Table measured_rows(const FieldSetup& field, const std::vector<pipeline::MeasuredClump>& clumps,
                        const std::string& around, int realisation, const io::Integers& ids = {});

/// Objects outside the host and in the negative image, measured in every step as if they were clumps of the host.
/// Outside: in the un-injected image, within the smallest square about the host that holds at least
/// `outside_area_arcsec2` outside of it (0: none is searched), or the whole image. Host and redshift of such rows
/// are missing.
Controls controls_of(const FieldSetup& field, double outside_area_arcsec2, int threads);

}  // namespace arcproof::recipes
