// What `arcproof fit` writes: its catalogue, redraws, regions, residual, and its words in the terminal.
#pragma once

#include "engine/io/ds9.h"
#include "engine/io/table.h"
#include "engine/photometry/protocol.h"
#include "engine/photometry/sersic.h"
#include "recipes/program/commands/mosaics/fit_bands.h"

#include <span>
#include <string>
#include <vector>

namespace arcproof::commands {

/// False: there is no fit, and its quantities are NaN in every table.
bool was_fitted(photometry::FitStatus status);

/// Table CATALOG: a row for each clump, with the list's own `id`.
io::Table fit_table(const io::Column& id, const FitBands& bands,
                    const std::vector<photometry::ClumpPhotometry>& clumps);
/// Adds the Sersic fits of the same rows.
void add_sersic_columns(io::Table& table, const std::vector<photometry::SersicFit>& fits,
                        const FitBands& bands, bool index_free);
/// Table REDRAWS: a row for each clump and redraw.
io::Table redraw_table(const io::Column& id, const FitBands& bands,
                       const std::vector<photometry::ClumpPhotometry>& clumps);

/// An ellipse for each clump with a place, which holds about half of the light of its model; `table` is that
/// of fit_table.
std::vector<io::Ds9Region> fit_regions(const FitBands& bands,
                                       const std::vector<photometry::ClumpPhotometry>& clumps,
                                       const io::Table& table);
/// The reference image without the Sersic profiles or, where there are none, without the Gaussians.
void write_residual(const FitArguments& arguments, const FitBands& bands,
                    const std::vector<photometry::ClumpPhotometry>& clumps,
                    const std::vector<photometry::SersicFit>& profiles);

/// How many fits ended how, and how many of them share their light with another.
std::string fit_summary(const std::vector<photometry::ClumpPhotometry>& clumps, double group_distance_pix);

}  // namespace arcproof::commands
