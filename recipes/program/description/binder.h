// A recipe's keys against JSON: load them, check them, write them back with all defaults, publish their JSON
// Schema. All walk the description that the structs give of themselves (engine/core/keys.h).
//
// Loading refuses unknown keys (naming the nearest known one), wrong types and values out of range, each with
// the file and the key's whole path.
#pragma once

#include "engine/core/keys.h"
#include "engine/io/json.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace arcproof::recipes {

class Binder final : public Keys {
 public:
  static Binder loading(const io::Json& json, std::string file) {
    return Binder(Mode::load, &json, std::move(file), "");
  }
  static Binder dumping() { return Binder(Mode::dump, nullptr, "", ""); }
  static Binder schema() { return Binder(Mode::schema, nullptr, "", ""); }

  void number(const char* key, double& value, const char* unit, const char* meaning,
              Allowed allowed = {}) override;
  void integer(const char* key, int& value, const char* unit, const char* meaning,
               Allowed allowed = {}) override;
  void seed(const char* key, std::uint64_t& value, const char* meaning) override;
  void flag(const char* key, bool& value, const char* meaning) override;
  void text(const char* key, std::string& value, const char* meaning,
            std::vector<std::string> choices = {}) override;
  void numbers(const char* key, std::vector<double>& value, const char* unit, const char* meaning,
               Allowed allowed = {}) override;
  void texts(const char* key, std::vector<std::string>& value, const char* meaning) override;
  void interval(const char* key, double& low, double& high, const char* unit, const char* meaning,
                Allowed allowed = {}) override;
  void optional_number(const char* key, std::optional<double>& value, const char* unit, const char* meaning,
                       Allowed allowed = {}) override;
  void optional_text(const char* key, std::optional<std::string>& value, const char* meaning,
                     std::vector<std::string> choices = {}) override;
  void required(const char* key) override;
  bool given(const char* key) const override { return mode_ == Mode::load && has(key); }
  void check(bool holds, const char* key, const std::function<std::string()>& found,
             const std::string& allowed) override;

  /// Refuses unknown keys; call at the end of the outermost description only (children are finished by their
  /// parents).
  void finish() const;
  io::Json result() const;  ///< the dump, or the schema

 protected:
  void inside(const char* key, const char* meaning, const Members& members) override;
  void each(const char* key, const char* meaning, Items& items) override;
  void of_kind(const char* key, const char* kind, bool active, const Members& members) override;
  bool looks_into(const char* key, const char* meaning, bool present) override;
  bool sets_values() const override { return mode_ == Mode::load; }

 private:
  enum class Mode { load, dump, schema };
  Binder(Mode mode, const io::Json* json, std::string file, std::string path)
      : mode_(mode), json_(json), file_(std::move(file)), path_(std::move(path)) {}

  bool has(const char* key) const;
  [[noreturn]] void refuse(const char* key, const std::string& found, const std::string& allowed) const;
  [[noreturn]] void refuse_unknown(const std::string& key) const;
  const io::Json* take(const char* key);  // loading: the node, or null
  const io::Json* list_node(const char* key);
  std::string full(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  void schema_entry(const char* key, const char* unit, const char* meaning, io::Json entry,
                    io::Json default_value);
  double checked(const char* key, const io::Json& node, const Allowed& allowed) const;

  Mode mode_;
  const io::Json* json_;
  std::string file_, path_;
  std::vector<std::string> known_;
  std::map<std::string, std::vector<std::string>> of_other_kinds_;  // key -> "kind lenstool", ...
  std::string kind_;  // schema: "kind lenstool", of the keys being described
  io::Json out_ = io::Json::object();
};

/// The known word nearest to `word` by edit distance, or "" when none is near.
std::string nearest_word(const std::string& word, const std::vector<std::string>& known);

}  // namespace arcproof::recipes
