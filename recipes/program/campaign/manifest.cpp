#include "recipes/program/campaign/manifest.h"

extern "C" {
#include <sep.h>
}
#include "engine/core/hash.h"
#include "recipes/program/campaign/clock.h"
#include "recipes/program/campaign/rounds.h"

#include <algorithm>
#include <fstream>

#include "build_information.h"
#include <sys/resource.h>
#include <sys/utsname.h>

namespace arcproof::recipes {
namespace fs = std::filesystem;
namespace {

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

// Clones of the kernels that this processor runs. All give the same bits.
std::string kernel_variant() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return "avx512f";
  if (__builtin_cpu_supports("avx2")) return "avx2";
#endif
  return "default";
}

io::Json digests(const std::vector<fs::path>& files, const fs::path& relative_to) {
  io::Json json = io::Json::object();
  for (const fs::path& file : files) {
    const std::string name = relative_to.empty() ? file.string() : fs::relative(file, relative_to).string();
    json[name] = sha256_of_file(file);
  }
  return json;
}

io::Json rounds_json(const std::vector<RoundRecord>& rounds) {
  io::Json list = io::Json::array();
  for (const RoundRecord& round : rounds) {
    io::Json one = io::Json::object();
    one["first_realisation"] = round.first;
    one["realisations"] = round.realisations;
    io::Json range = io::Json::array();
    range.push_back(round.mass_msun.low);
    range.push_back(round.mass_msun.high);
    one["mass_msun"] = std::move(range);
    one["n_eff_before"] = round.effective_before;
    one["n_eff_after"] = round.effective_after;
    list.push_back(std::move(one));
  }
  return list;
}

std::vector<fs::path> output_files(const fs::path& output) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(output))
    if (entry.is_regular_file() && entry.path().filename() != "manifest.json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

io::Json build_information() {
  io::Json json = io::Json::object();
  json["arcproof"] = program_version;
  json["compiler"] = compiler_name;
  json["build_type"] = build_type;
  json["flags"] = compiler_flags;
  json["libraries"] = std::string(library_versions) + ", sep " + sep_version_string;
  return json;
}

void write_manifest(const Recipe& recipe, const Inputs& inputs, const fs::path& output, int threads,
                    const RunClock& clock, const std::vector<RoundRecord>& rounds) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  utsname system{};
  uname(&system);
  io::Json json = io::Json::object();
  json["recipe_folder"] = recipe.folder.string();  // where relative names of files in `recipe` start
  json["recipe_hash"] = recipe_hash(recipe);
  json["seed"] = recipe.seed;
  json["build"] = build_information();
  io::Json machine = io::Json::object();
  machine["system"] = std::string(system.sysname) + " " + system.release + " " + system.machine;
  machine["processor"] = processor_name();
  machine["kernel_variant"] = kernel_variant();
  machine["threads"] = threads;
  json["machine"] = std::move(machine);
  io::Json cost = io::Json::object();
  cost["wall_s"] = clock.wall_s();
  cost["cpu_s"] = clock.cpu_s();
  cost["peak_memory_mib"] = static_cast<double>(usage.ru_maxrss) / 1024;
  json["cost"] = std::move(cost);
  if (!rounds.empty()) json["added_rounds"] = rounds_json(rounds);
  json["inputs"] = digests(inputs.files, {});
  json["outputs"] = digests(output_files(output), output);
  json["recipe"] = resolved(recipe);
  io::write_json(output / "manifest.json", json);
}

}  // namespace arcproof::recipes
