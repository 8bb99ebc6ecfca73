// Whether a fit can be trusted: what its end, and the data themselves, say against it.
#pragma once

#include "engine/core/array2d.h"
#include "engine/core/keys.h"
#include "engine/io/table.h"
#include "engine/photometry/clump_model.h"
#include "engine/photometry/cutout.h"

#include <string>
#include <vector>

namespace arcproof::photometry {

/// Bits of `quality`, each a reason not to trust a fit, or (the last two) to take it with caution.
enum Quality : int {
  quality_no_result = 1,
  quality_not_converged = 2,
  quality_degenerate = 4,
  quality_moved_away = 8,
  quality_largest_size = 16,
  quality_poor_fit = 32,
  quality_exceeds_data = 64,
  quality_small_size = 128,
  quality_faint = 256,
};

struct QualityBit {
  Quality bit;
  const char* name;     ///< "poor_fit": of recipes, headers and reports
  const char* meaning;  ///< a phrase
};
/// All bits, lowest first.
const std::vector<QualityBit>& quality_bits();

/// The bits as header keywords of a table with a column `quality`: QBIT1 = '1: no_result: ...'.
void note_quality_bits(io::Table& table);

/// The names of the bits that are set, joined by spaces; "" for none.
std::string quality_words(int quality);

struct QualityOptions {
  double max_chi2_reduced = 5;
  double max_unexplained = 0.1;
  double max_flux_ratio = 2;
  /// Not among them: not_converged and degenerate fits, whose fluxes and errors are right (clumps of sigma 3 pixels
  /// and more trade light with the background of a 9 x 9 cutout, and their errors say so).
  std::vector<std::string> reject = {"moved_away", "largest_size", "poor_fit", "exceeds_data"};

  /// Whether a fit with these bits counts as a measurement. One without a result never does.
  bool trusts(int quality) const;

  void describe(Keys& keys) {
    keys.number("max_chi2_reduced", max_chi2_reduced, "",
                "a fit is poor (not trusted) with a reduced chi-squared above this in the reference band ...",
                Allowed::between(0, 1e9));
    keys.number("max_unexplained", max_unexplained, "",
                "... that also leaves more than this fraction of the variance of the cutout's pixels; 0: any",
                Allowed::between(0, 1));
    keys.number("max_flux_ratio", max_flux_ratio, "",
                "a fit is not trusted whose model holds more light than this times (the light of the data, "
                "or 0 where that "
                "is negative, + 3 of its errors)",
                Allowed::between(1, 1e9));
    keys.texts(
        "reject", reject,
        "reasons not to trust a fit (names of the bits of column quality): such fits are neither selected "
        "nor subtracted");
    check_names(keys);
  }

 private:
  void check_names(Keys& keys) const;
};

/// Data and model of a fit's first component compared without any fit. The light of an image: the sum over the
/// pixels of the cutout above the median of the three rows and columns around it.
struct DataCheck {
  double data_njy = 0;        ///< light of the data less that of the fit's other components
  double data_error_njy = 0;  ///< of white noise
  double model_njy = 0;       ///< light of the model, summed in the same way
  double chi2_flat = 0;       ///< weighted squares of the cutout's pixels about their weighted mean
};

/// `psf` serves cutouts of cutout.size + 6.
DataCheck check_against_data(const Array2D<float>& image_njy, const Cutout& cutout, const ClumpFit& fit,
                             const PsfTransform& psf, double sky_sigma_njy);

/// The bits of a fit's first component; `start` is where its centre was put.
///   no_result      too few pixels, or the data do not determine the parameters
///   not_converged, degenerate   as FitStatus says
///   moved_away     the centre ended on the edge of where it may be: at another object
///   largest_size   the major axis ended at the largest allowed: background, or more than one clump
///   poor_fit       chi^2 > max_chi2_reduced n and chi^2 - n > max_unexplained (chi2_flat - n), n the degrees of
///                  freedom
///   exceeds_data   model > max_flux_ratio (max(data, 0) + 3 errors): the ratio multiplies the errors too. Without
///                  that, 17 true rows and 3 others of 2755 simulated ones would be flagged as well
/// and of `snr`, the S/N of the flux with correlated noise (cautions, which recipes do not reject unless asked):
///   small_size     sigma_major < 0.8 pixel at S/N < 20: such sizes come out low, by 29% in simulations at S/N 10-20
///   faint          S/N < 10: what is detected there are mostly upward scatters, whose fluxes are too high
int quality_of(const ClumpFit& fit, const ComponentStart& start, const DataCheck& check, double snr,
               const FitOptions& options, const QualityOptions& limits);

}  // namespace arcproof::photometry
