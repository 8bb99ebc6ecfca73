// One description of the recipe, four uses: load it, check it, write it back with all defaults, publish its
// JSON Schema.
//
// A struct is described once, by a function describe(Binder&, T&) that names each key with its meaning and
// limits. Loading refuses unknown keys (naming the nearest known one), wrong types and values out of range,
// each with the file and the key's whole path.
#pragma once

#include "engine/io/json.h"

#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace arcproof::recipes {

/// Allowed values of a number; open ends are infinite.
struct Bounds {
  double low = -HUGE_VAL, high = HUGE_VAL;
  bool low_open = false;  ///< the low end itself is not allowed
  static Bounds positive() { return {0, HUGE_VAL, true}; }
  static Bounds at_least(double low) { return {low, HUGE_VAL}; }
  static Bounds between(double low, double high) { return {low, high}; }
  bool contains(double value) const {
    return std::isfinite(value) && (low_open ? value > low : value >= low) && value <= high;
  }
  std::string text() const;
};

struct Interval {
  double low, high;
};

class Binder {
 public:
  static Binder loading(const io::Json& json, std::string file) {
    return Binder(Mode::load, &json, std::move(file), "");
  }
  static Binder dumping() { return Binder(Mode::dump, nullptr, "", ""); }
  static Binder schema() { return Binder(Mode::schema, nullptr, "", ""); }

  void number(const char* key, double& value, const char* doc, Bounds bounds = {});
  void integer(const char* key, int& value, const char* doc, Bounds bounds = {});
  void seed(const char* key, std::uint64_t& value, const char* doc);
  void flag(const char* key, bool& value, const char* doc);
  void text(const char* key, std::string& value, const char* doc, std::vector<std::string> choices = {});
  void numbers(const char* key, std::vector<double>& value, const char* doc, Bounds bounds = {});
  void texts(const char* key, std::vector<std::string>& value, const char* doc);
  /// [low, high] with low <= high.
  void interval(const char* key, double& low, double& high, const char* doc, Bounds bounds = {});
  void optional_number(const char* key, std::optional<double>& value, const char* doc, Bounds bounds = {});
  void require_key(const char* key);  ///< the recipe must give it

  template <class T>
  void object(const char* key, T& value, const char* doc) {
    Binder child = enter(key);
    describe(child, value);
    leave(key, doc, child);
  }
  template <class T>
  void optional_object(const char* key, std::optional<T>& value, const char* doc) {
    if (mode_ == Mode::load && !has(key)) {
      know(key);
      return;
    }
    if (mode_ == Mode::dump && !value) return;
    T copy = value.value_or(T{});
    object(key, copy, doc);
    if (mode_ == Mode::load) value = std::move(copy);
  }
  template <class T>
  void list(const char* key, std::vector<T>& value, const char* doc) {
    if (mode_ == Mode::load) return load_list(key, value);
    io::Json items = io::Json::array();
    if (mode_ == Mode::schema) {
      T item{};
      Binder child(Mode::schema, nullptr, "", "");
      describe(child, item);
      return leave_list(key, doc, child.result());
    }
    for (T& item : value) {
      Binder child(Mode::dump, nullptr, "", "");
      describe(child, item);
      items.push_back(child.result());
    }
    out_[key] = std::move(items);
  }

  bool is_loading() const { return mode_ == Mode::load; }
  bool is_schema() const { return mode_ == Mode::schema; }
  bool is_dumping() const { return mode_ == Mode::dump; }
  /// Whether the recipe gives this key (loading only).
  bool has(const char* key) const;
  /// Refuses a value for a reason that bounds cannot say.
  [[noreturn]] void refuse(const char* key, const std::string& found, const std::string& allowed) const;
  /// Refuses unknown keys; call at the end of describe() of the outermost struct only (children are finished
  /// by their parents).
  void finish() const;
  io::Json result() const;  ///< the dump, or the schema

 private:
  enum class Mode { load, dump, schema };
  Binder(Mode mode, const io::Json* json, std::string file, std::string path)
      : mode_(mode), json_(json), file_(std::move(file)), path_(std::move(path)) {}

  Binder enter(const char* key);
  void leave(const char* key, const char* doc, const Binder& child);
  void leave_list(const char* key, const char* doc, io::Json item_schema);
  template <class T>
  void load_list(const char* key, std::vector<T>& value) {
    know(key);
    const io::Json* node = list_node(key);
    if (!node) return;
    value.clear();
    for (std::size_t i = 0; i < node->as_array().size(); ++i) {
      Binder child = item(*node, key, i);
      T one{};
      describe(child, one);
      child.finish();
      value.push_back(std::move(one));
    }
  }
  const io::Json* list_node(const char* key) const;
  Binder item(const io::Json& node, const char* key, std::size_t index) const;
  void know(const char* key) { known_.emplace_back(key); }
  const io::Json* take(const char* key);  // loading: the node, or null
  std::string full(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  void schema_entry(const char* key, const char* doc, io::Json entry, io::Json default_value);
  double checked(const char* key, const io::Json& node, const Bounds& bounds) const;

  Mode mode_;
  const io::Json* json_;
  std::string file_, path_;
  std::vector<std::string> known_;
  io::Json out_ = io::Json::object();
};

/// The known word nearest to `word` by edit distance, or "" when none is near.
std::string nearest_word(const std::string& word, const std::vector<std::string>& known);

}  // namespace arcproof::recipes
