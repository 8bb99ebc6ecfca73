// The program `arcproof`.
//
// Exit codes: recipes/program/campaign/options.h. Results go to stdout, progress and messages to stderr.
#include "engine/core/error.h"
#include "recipes/program/campaign/manifest.h"
#include "recipes/program/campaign/options.h"
#include "recipes/program/commands/lenses/options.h"
#include "recipes/program/commands/light/options.h"
#include "recipes/program/commands/masses/options.h"
#include "recipes/program/commands/mosaics/options.h"

#include <csignal>

#include <fmt/format.h>
#include <malloc.h>

namespace arcproof::recipes {
namespace {

std::vector<CampaignCommand> add_commands(CLI::App& app) {
  std::vector<CampaignCommand> all = add_campaign(app);
  for (const auto add :
       {commands::add_mosaics, commands::add_light, commands::add_masses, commands::add_lenses})
    for (const commands::Command& command : add(app))
      all.push_back({command.app, [run = command.run] {
                       fmt::print("{}", run());
                       return exit_done;
                     }});
  return all;
}

// What no option of any command may be: an empty word, as of a shell variable that is not set, and a number in
// hexadecimal digits.
void check_words(CLI::App& app) {
  const CLI::Validator filled{
      [](const std::string& text) {
        return text.empty() ? std::string("found '', allowed: a word that is not empty") : std::string();
      },
      ""};
  const CLI::Validator decimal{[](const std::string& text) {
                                 return text.find_first_of("xX") == std::string::npos
                                            ? std::string()
                                            : fmt::format("found '{}', allowed: a decimal number", text);
                               },
                               ""};
  for (CLI::App* command : app.get_subcommands({}))
    for (CLI::Option* option : command->get_options()) {
      if (option->get_items_expected_max() == 0) continue;  // a flag
      option->check(filled);
      const std::string type = option->get_type_name();
      if (type.find("FLOAT") != std::string::npos || type.find("INT") != std::string::npos)
        option->check(decimal);
    }
}

// A validator's "--option: found X, allowed: Y" in the four parts of a complaint.
Complaint complaint_of(const std::string& what) {
  const std::string found = ": found ", allowed = ", allowed: ";
  const auto first = what.find(found), second = what.find(allowed);
  if (first == std::string::npos || second == std::string::npos)
    return {"command line", "arguments", what, "see arcproof COMMAND --help"};
  return {"command line", what.substr(0, first),
          what.substr(first + found.size(), second - first - found.size()),
          what.substr(second + allowed.size())};
}

int dispatch(int argc, char** argv) {
  CLI::App app{
      "Injects synthetic star clumps through lens models into images, recovers them, and says how much of a "
      "catalogue is true."};
  app.require_subcommand(1);
  app.set_version_flag("--version", build_information().dump(false));
  const std::vector<CampaignCommand> commands = add_commands(app);
  check_words(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help, --version
    return app.exit(request);
  } catch (const CLI::ParseError& error) {
    const bool unknown_command = argc > 1 && argv[1][0] != '-' && app.get_subcommands().empty();
    if (!unknown_command) throw InputError(complaint_of(error.what()));
    throw InputError({"command line", argv[1], "no command of arcproof", "see arcproof --help"});
  }
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of writing, with a message
  for (const CampaignCommand& command : commands)
    if (*command.app) return command.run();
  return exit_done;
}

}  // namespace
}  // namespace arcproof::recipes

int main(int argc, char** argv) {
  // Images come and go by the hundred: keep their memory instead of handing each back to the kernel.
  mallopt(M_MMAP_THRESHOLD, 1 << 28);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  using namespace arcproof;
  try {
    return recipes::dispatch(argc, argv);
  } catch (const InputError& error) {
    fmt::print(stderr, "arcproof: {}\n", error.what());
    return recipes::exit_input;
  } catch (const std::exception& error) {
    fmt::print(stderr, "arcproof: error: {}\n", error.what());
    return recipes::exit_internal;
  }
}
