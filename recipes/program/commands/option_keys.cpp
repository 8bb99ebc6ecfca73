#include "recipes/program/commands/option_keys.h"

#include "engine/core/decimal.h"
#include "engine/core/error.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::commands {
namespace {

std::string help_of(const char* unit, const char* meaning, const Allowed& allowed) {
  std::string help = *unit ? fmt::format("{} [{}]", meaning, unit) : meaning;
  constexpr std::string_view number = "a number ";
  if (const std::string limits = allowed.text(); limits.starts_with(number))
    help += "; " + limits.substr(number.size());
  return help;
}

bool is_number(const std::string& text, double& value) {
  const std::optional<double> number = decimal_number(text);
  value = number.value_or(0);
  return number.has_value();
}

CLI::Validator within(const Allowed& allowed) {
  return {[allowed](const std::string& text) {
            double value = 0;
            return is_number(text, value) && allowed.contains(value)
                       ? std::string()
                       : fmt::format("found '{}', allowed: {}", text, allowed.text());
          },
          ""};
}

CLI::Validator whole_within(Allowed allowed) {
  allowed.low = std::max(allowed.low, -1e9);
  allowed.high = std::min(allowed.high, 1e9);
  return {[allowed](const std::string& text) {
            int value = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            return error == std::errc() && end == text.data() + text.size() && allowed.contains(value)
                       ? std::string()
                       : fmt::format("found '{}', allowed: an integer: {}", text, allowed.text());
          },
          ""};
}

CLI::Validator a_seed() {
  return {[](const std::string& text) {
            std::uint64_t value = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            return error == std::errc() && end == text.data() + text.size()
                       ? std::string()
                       : fmt::format("found '{}', allowed: an integer >= 0 and < 2^64", text);
          },
          ""};
}

CLI::Validator one_of(const std::vector<std::string>& choices) {
  return {[choices](const std::string& text) {
            return std::find(choices.begin(), choices.end(), text) != choices.end()
                       ? std::string()
                       : fmt::format("found '{}', allowed: {}", text, fmt::join(choices, ", "));
          },
          ""};
}

std::string with_choices(const char* meaning, const std::vector<std::string>& choices) {
  return choices.empty() ? meaning : fmt::format("{} ({})", meaning, fmt::join(choices, ", "));
}

}  // namespace

std::string OptionKeys::option_of(const std::string& key) const {
  if (const auto name = names_.find(key); name != names_.end()) return name->second;
  std::string option = key;
  for (const char* unit : {"_pix", "_arcsec", "_msun", "_myr", "_dex"})
    if (option.ends_with(unit)) option.resize(option.size() - std::string_view(unit).size());
  std::replace(option.begin(), option.end(), '_', '-');
  return "--" + option;
}

std::vector<std::string> OptionKeys::given_keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, one] : given_)
    if (one.option->count() > 0) keys.push_back(key);
  return keys;
}

bool OptionKeys::given(const char* key) const {
  const auto one = given_.find(key);
  return !adding_ && one != given_.end() && one->second.option->count() > 0;
}

const std::vector<std::string>& OptionKeys::texts_of(const char* key) const { return given_.at(key).texts; }

CLI::Option* OptionKeys::make(const char* key, const std::string& type, const std::string& help,
                              const std::string& default_value) {
  const std::string name = option_of(key);
  if (name.empty()) return nullptr;
  Given& one = given_[key];
  one.option = command_.add_option(name, one.texts, help)->type_name(type)->expected(1);
  one.option->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  if (!default_value.empty()) one.option->default_str(default_value);
  return one.option;
}

void OptionKeys::number(const char* key, double& value, const char* unit, const char* meaning,
                        Allowed allowed) {
  if (adding_) {
    if (CLI::Option* o = make(key, "FLOAT", help_of(unit, meaning, allowed), fmt::format("{:g}", value)))
      o->check(within(allowed));
  } else if (given(key)) {
    is_number(texts_of(key).front(), value);
  }
}

void OptionKeys::integer(const char* key, int& value, const char* unit, const char* meaning,
                         Allowed allowed) {
  if (adding_) {
    if (CLI::Option* o = make(key, "INT", help_of(unit, meaning, allowed), std::to_string(value)))
      o->check(whole_within(allowed));
  } else if (given(key)) {
    value = std::atoi(texts_of(key).front().c_str());
  }
}

void OptionKeys::seed(const char* key, std::uint64_t& value, const char* meaning) {
  if (adding_) {
    if (CLI::Option* o = make(key, "INT", meaning, std::to_string(value))) o->check(a_seed());
  } else if (given(key)) {
    value = std::strtoull(texts_of(key).front().c_str(), nullptr, 10);
  }
}

// A flag names the other value than the default.
void OptionKeys::flag(const char* key, bool& value, const char* meaning) {
  if (given(key)) value = !value;
  const std::string name = option_of(key);
  if (adding_ && !name.empty()) make_flag(key, value ? "--no-" + name.substr(2) : name, meaning);
}

bool OptionKeys::looks_into(const char* key, const char* meaning, bool present) {
  if (present) return true;
  const std::string name = option_of(key);
  if (adding_ && !name.empty()) make_flag(key, name, meaning);
  return given(key);
}

// CLI11 tells a description from a variable by its const.
void OptionKeys::make_flag(const char* key, const std::string& name, const std::string& help) {
  given_[key].option = command_.add_flag(name, help);
}

void OptionKeys::text(const char* key, std::string& value, const char* meaning,
                      std::vector<std::string> choices) {
  if (adding_) {
    CLI::Option* o = make(key, "TEXT", with_choices(meaning, choices), value);
    if (o && !choices.empty()) o->check(one_of(choices));
  } else if (given(key)) {
    value = texts_of(key).front();
  }
}

void OptionKeys::numbers(const char* key, std::vector<double>& value, const char* unit, const char* meaning,
                         Allowed allowed) {
  if (adding_) {
    if (CLI::Option* o =
            make(key, "FLOAT,...", help_of(unit, meaning, allowed), fmt::format("{}", fmt::join(value, ","))))
      o->delimiter(',')->check(within(allowed))->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  } else if (given(key)) {
    value.clear();
    for (const std::string& one : texts_of(key)) is_number(one, value.emplace_back());
  }
}

void OptionKeys::texts(const char* key, std::vector<std::string>& value, const char* meaning) {
  if (adding_) {
    if (CLI::Option* o = make(key, "TEXT", meaning, ""))
      o->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  } else if (given(key)) {
    value = texts_of(key);
  }
}

void OptionKeys::interval(const char* key, double& low, double& high, const char* unit, const char* meaning,
                          Allowed allowed) {
  if (adding_) {
    if (CLI::Option* o =
            make(key, "LOW HIGH", help_of(unit, meaning, allowed), fmt::format("{:g} {:g}", low, high)))
      o->expected(2)->check(within(allowed));
  } else if (given(key)) {
    const std::vector<std::string>& texts = texts_of(key);
    is_number(texts[0], low);
    is_number(texts[1], high);
    check(
        low <= high, key, [&] { return texts[0] + " " + texts[1]; }, "LOW HIGH, LOW not above HIGH");
  }
}

void OptionKeys::optional_number(const char* key, std::optional<double>& value, const char* unit,
                                 const char* meaning, Allowed allowed) {
  if (adding_) {
    if (CLI::Option* o = make(key, "FLOAT", help_of(unit, meaning, allowed), "")) o->check(within(allowed));
  } else if (given(key)) {
    is_number(texts_of(key).front(), value.emplace());
  }
}

void OptionKeys::optional_text(const char* key, std::optional<std::string>& value, const char* meaning,
                               std::vector<std::string> choices) {
  if (adding_) {
    CLI::Option* o = make(key, "TEXT", with_choices(meaning, choices), "");
    if (o && !choices.empty()) o->check(one_of(choices));
  } else if (given(key)) {
    value = texts_of(key).front();
  }
}

void OptionKeys::check(bool holds, const char* key, const std::function<std::string()>& found,
                       const std::string& allowed) {
  if (!adding_ && !holds) refuse("command line", option_of(key), found(), allowed);
}

}  // namespace arcproof::commands
