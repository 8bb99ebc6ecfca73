// Options of a command made from the description that a struct gives of itself (engine/core/keys.h): name,
// meaning, unit, default and allowed values in --help, and the same checks as in a recipe.
#pragma once

#include "engine/core/keys.h"

#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace arcproof::commands {

/// Walked twice: first by `add`, which makes the options, then, after the command line was parsed, by `set`,
/// which puts what the user gave into the struct.
///
///   auto keys = std::make_shared<OptionKeys>(command, Names{{"threshold_sigma", "--threshold"}});
///   keys->add(arguments->detection);
///   ... parse ...
///   keys->set(arguments->detection);
class OptionKeys final : public Keys {
 public:
  /// Options of keys that are not to be called "--key-without-unit"; "" leaves a key out.
  using Names = std::map<std::string, std::string>;
  explicit OptionKeys(CLI::App& command, Names names = {}) : command_(command), names_(std::move(names)) {}

  template <class Options>
  void add(Options& options) {
    adding_ = true;
    options.describe(*this);
  }
  /// Throws InputError naming the option where the description's own checks refuse a value.
  template <class Options>
  void set(Options& options) {
    adding_ = false;
    options.describe(*this);
  }
  /// "--min-mass" of min_mass_msun; "" of a key that is left out.
  std::string option_of(const std::string& key) const;
  /// Those that the user gave, by the keys of their structs.
  std::vector<std::string> given_keys() const;

  void number(const char* key, double& value, const char* unit, const char* meaning,
              Allowed allowed) override;
  void integer(const char* key, int& value, const char* unit, const char* meaning, Allowed allowed) override;
  void seed(const char* key, std::uint64_t& value, const char* meaning) override;
  void flag(const char* key, bool& value, const char* meaning) override;
  void text(const char* key, std::string& value, const char* meaning,
            std::vector<std::string> choices) override;
  void numbers(const char* key, std::vector<double>& value, const char* unit, const char* meaning,
               Allowed allowed) override;
  void texts(const char* key, std::vector<std::string>& value, const char* meaning) override;
  void interval(const char* key, double& low, double& high, const char* unit, const char* meaning,
                Allowed allowed) override;
  void optional_number(const char* key, std::optional<double>& value, const char* unit, const char* meaning,
                       Allowed allowed) override;
  void optional_text(const char* key, std::optional<std::string>& value, const char* meaning,
                     std::vector<std::string> choices) override;
  void required(const char*) override {}
  bool given(const char* key) const override;
  void check(bool holds, const char* key, const std::function<std::string()>& found,
             const std::string& allowed) override;

 protected:
  void inside(const char*, const char*, const Members& members) override { members(*this); }
  void each(const char*, const char*, Items&) override {}
  void of_kind(const char*, const char*, bool active, const Members& members) override {
    if (active) members(*this);
  }
  /// An object that may be absent is a flag, which stands for the object with its defaults.
  bool looks_into(const char* key, const char* meaning, bool present) override;
  bool sets_values() const override { return !adding_; }

 private:
  struct Given {
    CLI::Option* option;
    std::vector<std::string> texts;
  };
  void make_flag(const char* key, const std::string& name, const std::string& help);
  /// Null for keys that are left out.
  CLI::Option* make(const char* key, const std::string& type, const std::string& help,
                    const std::string& default_value);
  const std::vector<std::string>& texts_of(const char* key) const;  ///< of a key that was given

  CLI::App& command_;
  Names names_;
  bool adding_ = true;
  std::map<std::string, Given> given_;  // nodes stay where they are: CLI11 keeps references
};

}  // namespace arcproof::commands
