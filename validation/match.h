// Joins what was injected with what was measured: one row per injected clump, lost ones included.
#pragma once

#include "engine/core/keys.h"
#include "engine/io/table.h"

#include <string>

namespace arcproof::validation {

struct MatchOptions {
  std::string reference_band;  ///< lower case, "f150w": names the flux columns
  double radius_pix = 2.5;
  double max_radius_pix = 6;
  double confusion_flux_ratio = 1;
  double max_flux_error_mag = 0.75;
  bool allow_confusion = true;  ///< false: nothing is confused (chance matches of what has no light); no key
  int max_pass = 2;             ///< later detection passes are not selected; no key

  /// All but the band.
  void describe(Keys& keys) {
    keys.number("match_radius_pix", radius_pix, "pixel",
                "match radius between injected and measured positions; for clumps whose lensed sigma (major "
                "axis) is larger, that",
                Allowed::above(0, 1000));
    keys.number("match_radius_max_pix", max_radius_pix, "pixel",
                "maximum match radius: it scales with the lensed size up to this", Allowed::above(0, 1000));
    keys.number("confusion_flux_ratio", confusion_flux_ratio, "",
                "a pre-existing source brighter than this fraction of the injected flux counts as confusion, "
                "not recovery",
                Allowed::above(0, 1e4));
    keys.number("max_flux_error_mag", max_flux_error_mag, "mag",
                "a match whose flux is further than this from the injected one is no recovery (wrong_flux)",
                Allowed::above(0, 100));
  }
};

/// How far from its true position a clump may be found [pixel].
double match_reach(double sigma_major_pix, const MatchOptions& options);

/// Outcomes, in column `outcome`. Only `recovered` counts as found.
///   recovered     matched, fitted, selected, inside the host
///   not_detected  nothing measured within the match radius
///   not_selected  matched, S/N too low in a reference band, or of a detection pass that is not selected
///   not_trusted   matched, nothing against it but that the fit is not trusted (column quality)
///   interloper    matched, but its colours are those of the recipe's interlopers
///   fit_failed    matched, but the fit has no result
///   outside_host  matched outside the host's mask
///   blended       the object within reach belongs to another injected clump that is nearer
///   confused      the object within reach was there before the injection, or is another injection's: within
///                 radius_pix of it lies a source of the un-injected field brighter than confusion_flux_ratio
///                 times this image, or a brighter image of another clump that no object was matched to
///   wrong_flux    matched and selected, but the flux is off by more than max_flux_error_mag, or not above 0
///   not_injected  no image of the clump falls on data (see injection_flag)
///
/// `truth` has columns true_x, true_y [pix], true_sigma_major_pix, true_flux_<band>, injection_flag (text).
/// `measured` and `baseline` (the same field without injections) have x, y, flux_<band>, selected,
/// fit_status, host; `measured` also interloper, trusted, enough_snr and detection_pass, where they are told.
/// The result has all columns of the truth, then outcome, recovered, recovered_gross (as recovered, were what
/// was there before of no matter; other injections are), recovered_any_quality (as recovered, were every fit
/// trusted), match_distance_pix, then the columns of `measured` with the prefix "measured_". Pairs are made
/// by distance, nearest first; each object serves one clump.
io::Table match(const io::Table& truth, const io::Table& measured, const io::Table& baseline,
                const MatchOptions& options);

}  // namespace arcproof::validation
