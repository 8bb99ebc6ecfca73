#include "engine/sed/libraries/library_file.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/units.h"
#include "engine/io/fits.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace arcproof::sed {
namespace fs = std::filesystem;
namespace {

/// log of a rate of none.
constexpr double no_photons = -std::numeric_limits<double>::infinity();
constexpr const char* content = "arcproof stellar library";

io::Table spectra(const Library& library) {
  const std::size_t ages = library.age_myr.size(), count = library.metallicity.size() * ages;
  io::Reals metallicity, age, rate;
  for (std::size_t k = 0; k < count; ++k) {
    metallicity.push_back(library.metallicity[k / ages]);
    age.push_back(library.age_myr[k % ages]);
    rate.push_back(library.log_ionising_rate[k] == no_photons ? nan : library.log_ionising_rate[k]);
  }
  io::Table table("SPECTRA");
  table.add("metallicity", "", "mass fraction Z", std::move(metallicity));
  table.add("age", "Myr", "age of the burst", std::move(age));
  io::Column column;
  column.name = "luminosity";
  column.unit = "solLum/Angstrom";
  column.description = "per solMass formed, at the wavelengths of WAVELENGTH";
  column.values = io::Reals(library.luminosity.begin(), library.luminosity.end());
  column.width = static_cast<int>(library.wavelength_angstrom.size());
  table.add(std::move(column));
  table.add("log_ionising_rate", "log(1/s)", "H-ionising photons per solMass formed; NaN: none",
            std::move(rate));
  table.add("surviving_mass", "", "stars and remnants over mass formed; NaN: unknown",
            library.surviving_mass.empty() ? io::Reals(count, nan) : library.surviving_mass);
  return table;
}

const io::Column& real_column(const io::Table& table, const fs::path& path, const std::string& name) {
  if (!table.has(name)) refuse(path, "HDU " + table.name(), "no column " + name, "a column " + name);
  const io::Column& column = table.column(name);
  if (!std::holds_alternative<io::Reals>(column.values))
    refuse(path, "HDU " + table.name() + ", column " + name, "no real numbers", "real numbers");
  return column;
}
const io::Reals& reals(const io::Table& table, const fs::path& path, const std::string& name) {
  const io::Column& column = real_column(table, path, name);
  if (column.width != 1)
    refuse(path, "HDU " + table.name() + ", column " + name, fmt::format("{} values a row", column.width),
           "one value a row");
  return std::get<io::Reals>(column.values);
}

void check_increasing(const std::vector<double>& values, const fs::path& path, const std::string& key) {
  if (values.empty() || !(values.front() > 0)) refuse(path, key, "no value above 0 first", "values above 0");
  for (std::size_t i = 1; i < values.size(); ++i)
    if (!(values[i] > values[i - 1]) || !std::isfinite(values[i]))
      refuse(path, key, fmt::format("{:g} after {:g}", values[i], values[i - 1]), "increasing values");
}

// Rows by metallicity and, fastest, age.
void read_axes(Library& library, const io::Reals& metallicity, const io::Reals& age, const fs::path& path) {
  for (std::size_t k = 0; k < age.size() && metallicity[k] == metallicity.front(); ++k)
    library.age_myr.push_back(age[k]);
  const std::size_t ages = library.age_myr.size();
  for (std::size_t k = 0; k < age.size(); ++k) {
    if (k % ages == 0) library.metallicity.push_back(metallicity[k]);
    if (metallicity[k] != library.metallicity.back() || age[k] != library.age_myr[k % ages])
      refuse(path, fmt::format("HDU SPECTRA, row {}", k + 1),
             fmt::format("Z = {:g}, age = {:g} Myr", metallicity[k], age[k]),
             fmt::format("Z = {:g}, age = {:g} Myr: all metallicities with the same ages",
                         library.metallicity.back(), library.age_myr[k % ages]));
  }
  if (ages == 0 || age.size() % ages != 0)
    refuse(path, "HDU SPECTRA", fmt::format("{} rows", age.size()), "every metallicity with all ages");
}

}  // namespace

void check_library(const Library& library, const fs::path& path) {
  check_increasing(library.wavelength_angstrom, path, "wavelengths");
  check_increasing(library.age_myr, path, "ages");
  check_increasing(library.metallicity, path, "metallicities");
  if (library.wavelength_angstrom.size() < 2)
    refuse(path, "wavelengths", "fewer than two", "two wavelengths or more");
  for (const float value : library.luminosity)
    if (!std::isfinite(value) || value < 0)
      refuse(path, "luminosity", fmt::format("{:g}", value), "finite values, not negative");
}

void write_library(const fs::path& path, const Library& library) {
  require(library.luminosity.size() == library.log_ionising_rate.size() * library.wavelength_angstrom.size(),
          "write_library: a spectrum for every age and metallicity");
  io::FitsHeader cards;
  cards.add("CONTENT", content);
  cards.add("NAME", library.name);
  cards.add("IMF", library.imf);
  cards.add("TRACKS", library.tracks);
  cards.add("CITATION", library.citation);
  cards.add("NORM", "per solMass formed");
  cards.add("LSUN", fmt::format("{:.5E}", units::solar_luminosity_erg_s), "[erg/s]");
  io::Table wavelengths("WAVELENGTH");
  wavelengths.add("wavelength", "Angstrom", "rest frame, vacuum", library.wavelength_angstrom);
  io::write_fits_tables(path, {wavelengths, spectra(library)}, cards);
}

Library read_library(const fs::path& path) {
  const io::Table wavelengths = io::read_fits_table(path, "WAVELENGTH");
  const io::Table table = io::read_fits_table(path, "SPECTRA");
  Library library;
  const io::FitsHeader header = io::read_fits_array(path, "0").header;
  library.name = header.text("NAME").value_or("");
  library.imf = header.text("IMF").value_or("");
  library.tracks = header.text("TRACKS").value_or("");
  library.citation = header.text("CITATION").value_or("");
  library.wavelength_angstrom = reals(wavelengths, path, "wavelength");
  read_axes(library, reals(table, path, "metallicity"), reals(table, path, "age"), path);
  const io::Column& light = real_column(table, path, "luminosity");
  if (static_cast<std::size_t>(light.width) != library.wavelength_angstrom.size())
    refuse(path, "HDU SPECTRA, column luminosity", fmt::format("{} values a row", light.width),
           fmt::format("{}, one a wavelength", library.wavelength_angstrom.size()));
  for (const double value : std::get<io::Reals>(light.values))
    library.luminosity.push_back(static_cast<float>(value));
  for (const double rate : reals(table, path, "log_ionising_rate"))
    library.log_ionising_rate.push_back(std::isnan(rate) ? no_photons : rate);
  library.surviving_mass = reals(table, path, "surviving_mass");
  for (const double mass : library.surviving_mass)
    if (std::isnan(mass)) {
      library.surviving_mass.clear();
      break;
    }
  check_library(library, path);
  return library;
}

}  // namespace arcproof::sed
