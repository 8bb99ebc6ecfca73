// How a struct of options says what its members are: name, unit, meaning and allowed values, once, in the
// struct itself.
//
//   struct LimitOptions {
//     double sigmas = 5;
//     int apertures = 1000;
//
//     void describe(Keys& keys) {
//       keys.number("sigmas", sigmas, "", "significance of the limiting magnitude", Allowed::above(0, 100));
//       keys.integer("apertures", apertures, "", "apertures on empty sky", Allowed::between(20, 100000));
//     }
//   };
//
// Whoever wants to know walks the description with its own Keys: a recipe's reader, writer and JSON Schema
// (recipes/program/description/binder.h), the options of a command with their --help
// (recipes/program/commands/option_keys.h) and the manual. The default of a member is the value that it has in
// a new struct.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace arcproof {

/// Allowed values of a number; open ends are infinite.
struct Allowed {
  double low = -HUGE_VAL, high = HUGE_VAL;
  bool low_open = false;   ///< the low end itself is not allowed
  bool ends_only = false;  ///< the two ends are allowed and nothing between them
  static constexpr Allowed above(double low, double high = HUGE_VAL) { return {low, high, true}; }
  static constexpr Allowed at_least(double low) { return {low, HUGE_VAL}; }
  static constexpr Allowed between(double low, double high) { return {low, high}; }
  static constexpr Allowed either(double low, double high) { return {low, high, false, true}; }
  bool contains(double value) const {
    if (ends_only) return value == low || value == high;
    return std::isfinite(value) && (low_open ? value > low : value >= low) && value <= high;
  }
  std::string text() const;  ///< "a number > 0 and <= 100", "-1 or 1"
};

/// Walks the description of a struct. `meaning` is a phrase that ends a line of help; `unit` stands in square
/// brackets behind it ("" for numbers without one).
class Keys {
 public:
  virtual ~Keys() = default;

  virtual void number(const char* key, double& value, const char* unit, const char* meaning,
                      Allowed allowed = {}) = 0;
  virtual void integer(const char* key, int& value, const char* unit, const char* meaning,
                       Allowed allowed = {}) = 0;
  /// Of random streams; 0 is an ordinary seed.
  virtual void seed(const char* key, std::uint64_t& value, const char* meaning) = 0;
  virtual void flag(const char* key, bool& value, const char* meaning) = 0;
  /// `choices`: the words allowed; empty: any text.
  virtual void text(const char* key, std::string& value, const char* meaning,
                    std::vector<std::string> choices = {}) = 0;
  virtual void numbers(const char* key, std::vector<double>& value, const char* unit, const char* meaning,
                       Allowed allowed = {}) = 0;
  virtual void texts(const char* key, std::vector<std::string>& value, const char* meaning) = 0;
  /// [low, high] with low <= high.
  virtual void interval(const char* key, double& low, double& high, const char* unit, const char* meaning,
                        Allowed allowed = {}) = 0;
  /// Without a default: absent means what `meaning` says.
  virtual void optional_number(const char* key, std::optional<double>& value, const char* unit,
                               const char* meaning, Allowed allowed = {}) = 0;
  virtual void optional_text(const char* key, std::optional<std::string>& value, const char* meaning,
                             std::vector<std::string> choices = {}) = 0;
  /// The user must give this key.
  virtual void required(const char* key) = 0;
  /// Whether the user gave this key; false for those who do not read.
  virtual bool given(const char* key) const = 0;
  /// What limits of one number cannot say, of the values that the user gave: refused unless `holds`.
  virtual void check(bool holds, const char* key, const std::function<std::string()>& found,
                     const std::string& allowed) = 0;

  /// Words that stand for the values of an enumeration.
  template <class Enum>
  void choice(const char* key, Enum& value, const char* meaning,
              std::initializer_list<std::pair<const char*, Enum>> words) {
    std::vector<std::string> names;
    std::string name;
    for (const auto& [word, meant] : words) {
      names.emplace_back(word);
      if (meant == value) name = word;
    }
    text(key, name, meaning, std::move(names));
    for (const auto& [word, meant] : words)
      if (name == word) value = meant;
  }

  /// A struct with a description of its own, under this key.
  template <class T>
  void object(const char* key, T& value, const char* meaning) {
    inside(key, meaning, [&](Keys& keys) { value.describe(keys); });
  }
  template <class T>
  void optional_object(const char* key, std::optional<T>& value, const char* meaning) {
    if (!looks_into(key, meaning, value.has_value())) return;
    T copy = value.value_or(T{});
    inside(key, meaning, [&](Keys& keys) { copy.describe(keys); });
    if (sets_values()) value = std::move(copy);
  }
  template <class T>
  void list(const char* key, std::vector<T>& value, const char* meaning) {
    ListOf<T> items(value);
    each(key, meaning, items);
  }

  /// One of several kinds of thing: the key names the kind, and the keys of that kind stand beside it. A kind
  /// K has `static constexpr const char* kind_name`.
  template <class... Kinds>
  void kinds(const char* key, std::variant<Kinds...>& value, const char* meaning) {
    std::string name = std::visit([](const auto& one) { return std::string(one.kind_name); }, value);
    text(key, name, meaning, {Kinds::kind_name...});
    (change_kind<Kinds>(value, name), ...);
    (describe_kind<Kinds>(key, value), ...);
  }

 protected:
  using Members = std::function<void(Keys&)>;
  /// A list whose items are described one by one.
  class Items {
   public:
    virtual ~Items() = default;
    virtual std::size_t size() const = 0;
    virtual void resize(std::size_t count) = 0;  ///< new items with their defaults
    virtual void describe(std::size_t i, Keys& keys) = 0;
    virtual void describe_new(Keys& keys) = 0;  ///< an item with its defaults, not one of the list
  };

  virtual void inside(const char* key, const char* meaning, const Members& members) = 0;
  virtual void each(const char* key, const char* meaning, Items& items) = 0;
  /// The keys of one kind, which `key` names; `active`: the kind that is.
  virtual void of_kind(const char* key, const char* kind, bool active, const Members& members) = 0;
  /// Whether an optional object under this key is to be described.
  virtual bool looks_into(const char* key, const char* meaning, bool present) = 0;
  virtual bool sets_values() const = 0;

 private:
  template <class T>
  class ListOf : public Items {
   public:
    explicit ListOf(std::vector<T>& values) : values_(values) {}
    std::size_t size() const override { return values_.size(); }
    void resize(std::size_t count) override { values_.assign(count, T{}); }
    void describe(std::size_t i, Keys& keys) override { values_[i].describe(keys); }
    void describe_new(Keys& keys) override {
      T item{};
      item.describe(keys);
    }

   private:
    std::vector<T>& values_;
  };
  template <class Kind, class Variant>
  void change_kind(Variant& value, const std::string& name) {
    if (name == Kind::kind_name && !std::holds_alternative<Kind>(value)) value = Kind{};
  }
  template <class Kind, class Variant>
  void describe_kind(const char* key, Variant& value) {
    Kind other{};
    Kind* active = std::get_if<Kind>(&value);
    of_kind(key, Kind::kind_name, active != nullptr,
            [&](Keys& keys) { (active ? *active : other).describe(keys); });
  }
};

}  // namespace arcproof
