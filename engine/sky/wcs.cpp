#include "engine/sky/wcs.h"

#include "engine/core/error.h"
#include "engine/core/units.h"

#include <cmath>
#include <mutex>

#include <fmt/format.h>
#include <wcslib/wcs.h>
#include <wcslib/wcsfix.h>
#include <wcslib/wcshdr.h>

namespace arcproof::sky {

struct Wcs::State {
  wcsprm* prm = nullptr;
  int count = 1;
  bool from_header = false;
  mutable std::mutex mutex;
  ~State() {
    if (!prm) return;
    if (from_header) {
      wcsvfree(&count, &prm);
    } else {
      wcsfree(prm);
      delete prm;
    }
  }
};

Wcs::Wcs(std::shared_ptr<State> state) : state_(std::move(state)) {
  const PixelPosition origin{state_->prm->crpix[0] - 1, state_->prm->crpix[1] - 1};
  const SkyPosition centre = to_sky(origin);
  const PixelPosition north = to_pixel({centre.ra_deg, centre.dec_deg + 1.0 / 3600});
  const PixelPosition east =
      to_pixel({centre.ra_deg + 1.0 / 3600 / std::cos(centre.dec_deg * units::degree), centre.dec_deg});
  const double ny = north.y - origin.y, nx = north.x - origin.x;
  const double ey = east.y - origin.y, ex = east.x - origin.x;
  scale_arcsec_ = 1 / std::sqrt(std::abs(ex * ny - ey * nx));
  aspect_ = std::hypot(ny, ey) / std::hypot(nx, ex);  // columns of the inverse of (ex nx; ey ny)
}

Wcs Wcs::tangential(SkyPosition centre, PixelPosition at, double scale_arcsec) {
  require(scale_arcsec > 0, "Wcs::tangential: scale > 0");
  auto state = std::make_shared<State>();
  state->prm = new wcsprm;
  state->prm->flag = -1;
  if (wcsini(1, 2, state->prm)) throw SystemError("wcslib: wcsini failed");
  wcsprm& prm = *state->prm;
  const char* types[] = {"RA---TAN", "DEC--TAN"};
  for (int i = 0; i < 2; ++i) {
    std::snprintf(prm.ctype[i], sizeof prm.ctype[i], "%s", types[i]);
    std::snprintf(prm.cunit[i], sizeof prm.cunit[i], "deg");
  }
  prm.crpix[0] = at.x + 1;
  prm.crpix[1] = at.y + 1;
  prm.crval[0] = centre.ra_deg;
  prm.crval[1] = centre.dec_deg;
  prm.cdelt[0] = -scale_arcsec / 3600;
  prm.cdelt[1] = scale_arcsec / 3600;
  std::snprintf(prm.radesys, sizeof prm.radesys, "ICRS");
  if (const int status = wcsset(&prm)) throw SystemError(fmt::format("wcslib: {}", wcs_errmsg[status]));
  return Wcs(std::move(state));
}

namespace {

// A CD matrix of zeros, of which wcslib's wcsfix would make one of 1 degree a pixel.
bool has_singular_cd(const wcsprm& prm) {
  constexpr int cd_is_given = 2;
  if (!(prm.altlin & cd_is_given) || prm.naxis != 2) return false;
  const double determinant = prm.cd[0] * prm.cd[3] - prm.cd[1] * prm.cd[2];
  return determinant == 0 || !std::isfinite(determinant);
}

}  // namespace

std::optional<Wcs> Wcs::from_header(const std::string& records, const std::string& file,
                                    const std::string& hdu) {
  auto state = std::make_shared<State>();
  state->from_header = true;
  int rejected = 0;
  std::string copy = records;
  const int status = wcspih(copy.data(), static_cast<int>(copy.size() / 80), WCSHDR_all, 0, &rejected,
                            &state->count, &state->prm);
  if (status)
    throw InputError(
        {file, "HDU " + hdu, fmt::format("unusable WCS ({})", wcshdr_errmsg[status]), "a celestial WCS"});
  if (state->count == 0 || !state->prm) return std::nullopt;
  const bool singular = has_singular_cd(*state->prm);
  int fixes[NWCSFIX];
  wcsfix(1, nullptr, state->prm, fixes);
  const int set = wcsset(state->prm);
  if (set == 0 && (state->prm->lng < 0 || state->prm->lat < 0)) return std::nullopt;
  const auto refuse_matrix = [&] {
    refuse(file, "HDU " + hdu, "a WCS whose matrix (CD, or PC and CDELT) is singular or not finite",
           "a celestial WCS that can be inverted");
  };
  if (set == WCSERR_SINGULAR_MTX || singular) refuse_matrix();
  if (set)
    throw InputError(
        {file, "HDU " + hdu, fmt::format("unusable WCS ({})", wcs_errmsg[set]), "a celestial WCS"});
  if (state->prm->naxis != 2)
    throw InputError(
        {file, "HDU " + hdu, fmt::format("a WCS of {} axes", state->prm->naxis), "2 celestial axes"});
  if (std::string(state->prm->lngtyp) != "RA")
    throw InputError({file, "HDU " + hdu,
                      fmt::format("CTYPE {} and {}", state->prm->ctype[0], state->prm->ctype[1]),
                      "right ascension and declination"});
  Wcs wcs(std::move(state));
  if (!(wcs.scale_arcsec_ > 0) || !std::isfinite(wcs.scale_arcsec_)) refuse_matrix();
  return wcs;
}

SkyPosition Wcs::to_sky(PixelPosition pixel) const {
  const double pixcrd[2] = {pixel.x + 1, pixel.y + 1};
  double intermediate[2], phi[1], theta[1], world[2];
  int status[2];
  const std::scoped_lock lock(state_->mutex);
  if (const int error = wcsp2s(state_->prm, 1, 2, pixcrd, intermediate, phi, theta, world, status))
    throw ContractError(fmt::format("Wcs::to_sky: {}", wcs_errmsg[error]));
  const double ra = std::fmod(std::fmod(world[state_->prm->lng], 360.0) + 360.0, 360.0);
  return {ra, world[state_->prm->lat]};
}

PixelPosition Wcs::to_pixel(SkyPosition sky) const {
  const std::optional<PixelPosition> pixel = find_pixel(sky);
  require(pixel.has_value(), "Wcs::to_pixel: a position that the projection shows");
  return *pixel;
}

std::optional<PixelPosition> Wcs::find_pixel(SkyPosition sky) const {
  double world[2], intermediate[2], phi[1], theta[1], pixcrd[2];
  int status[2];
  const std::scoped_lock lock(state_->mutex);
  world[state_->prm->lng] = sky.ra_deg;
  world[state_->prm->lat] = sky.dec_deg;
  if (wcss2p(state_->prm, 1, 2, world, phi, theta, intermediate, pixcrd, status)) return std::nullopt;
  return PixelPosition{pixcrd[0] - 1, pixcrd[1] - 1};
}

std::string Wcs::records() const {
  int cards = 0;
  char* header = nullptr;
  const std::scoped_lock lock(state_->mutex);
  if (const int status = wcshdo(WCSHDO_none, state_->prm, &cards, &header))
    throw SystemError(fmt::format("wcslib: {}", wcs_errmsg[status]));
  std::string result(header, static_cast<std::size_t>(cards) * 80);
  std::free(header);
  return result;
}

}  // namespace arcproof::sky
