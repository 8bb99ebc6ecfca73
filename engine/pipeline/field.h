// What the pipeline is given of a field, beside the pixels: bands, PSFs, lens, host.
#pragma once

#include "engine/lens/delens.h"
#include "engine/lens/image_frame.h"
#include "engine/photometry/convolution/convolved_gaussian.h"
#include "engine/sed/fits/grids/grid.h"
#include "engine/sky/psf.h"

#include <memory>
#include <string>
#include <vector>

namespace arcproof::pipeline {

struct AnalysisBand {
  std::string name;
  std::shared_ptr<const sky::Psf> psf;
  std::shared_ptr<const photometry::BandPsf> transforms;
  double galactic_extinction_mag = 0;
};

/// A lens model that the clumps are delensed with as well, beside the main one: what the choice of model
/// does.
struct AlternativeLens {
  std::string name;  ///< in lower case the suffix of its columns
  lens::Lens lens;
};

struct AnalysisField {
  std::string name;
  int number = 0;
  std::vector<AnalysisBand> bands;   ///< in the order of the exposures
  std::size_t reference = 0;         ///< shapes come from this band (F150W in the papers)
  std::size_t second_reference = 0;  ///< S/N is asked for in this one too (F200W)
  lens::Lens lens;
  lens::Realisations posterior;  ///< may be empty
  std::vector<AlternativeLens> alternatives;
  lens::ImageFrame frame;  ///< of the reference band
  std::string host;        ///< name of the galaxy whose clumps are looked for
  double z = 0;
  Array2D<unsigned char> host_mask;  ///< 1 where a clump belongs to the host; reference grid
  sed::ModelGrid grid;               ///< empty: no SED stage
  sky::Cosmology cosmology;
};

}  // namespace arcproof::pipeline
