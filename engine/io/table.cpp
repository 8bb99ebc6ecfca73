#include "engine/io/table.h"

#include "engine/core/error.h"

#include <algorithm>

#include <fmt/format.h>

namespace arcproof::io {
namespace {

bool same_kind(const Column& a, const Column& b) {
  return a.name == b.name && a.unit == b.unit && a.width == b.width && a.values.index() == b.values.index();
}

}  // namespace

std::size_t Column::rows() const {
  return std::visit([](const auto& v) { return v.size(); }, values) / static_cast<std::size_t>(width);
}

void Table::add(Column column) {
  require(!column.name.empty(), "Table::add: the column has a name");
  require(!has(column.name), fmt::format("Table::add: '{}' is not taken", column.name));
  require(column.width >= 1 && (column.width == 1 || std::holds_alternative<Reals>(column.values)),
          "Table::add: only real columns hold several values per row");
  require(columns_.empty() || column.rows() == rows(),
          fmt::format("Table::add: '{}' has {} rows as the others", column.name, rows()));
  columns_.push_back(std::move(column));
}

void Table::add(std::string name, std::string unit, std::string description, Reals values) {
  add(Column{std::move(name), std::move(unit), std::move(description), std::move(values), 1});
}
void Table::add(std::string name, std::string unit, std::string description, Integers values) {
  add(Column{std::move(name), std::move(unit), std::move(description), std::move(values), 1});
}
void Table::add(std::string name, std::string unit, std::string description, Texts values) {
  add(Column{std::move(name), std::move(unit), std::move(description), std::move(values), 1});
}
void Table::add(std::string name, std::string unit, std::string description, Flags values) {
  add(Column{std::move(name), std::move(unit), std::move(description), std::move(values), 1});
}

bool Table::has(std::string_view name) const {
  return std::any_of(columns_.begin(), columns_.end(), [&](const Column& c) { return c.name == name; });
}

Column& Table::find(std::string_view name) {
  const auto it =
      std::find_if(columns_.begin(), columns_.end(), [&](const Column& c) { return c.name == name; });
  // The sentence is made where it is needed: look-ups stand in loops.
  if (it == columns_.end()) require(false, fmt::format("Table '{}' has the column '{}'", name_, name));
  return *it;
}

const Column& Table::column(std::string_view name) const { return const_cast<Table*>(this)->find(name); }

namespace {

template <class Values, class AnyColumn>
auto& values_of(AnyColumn& column, std::string_view kind) {
  auto* values = std::get_if<Values>(&column.values);
  if (!values) require(false, fmt::format("Table: column '{}' holds {}", column.name, kind));
  return *values;
}

}  // namespace

const Reals& Table::reals(std::string_view name) const { return values_of<Reals>(column(name), "reals"); }
const Integers& Table::integers(std::string_view name) const {
  return values_of<Integers>(column(name), "integers");
}
const Texts& Table::texts(std::string_view name) const { return values_of<Texts>(column(name), "texts"); }
const Flags& Table::flags(std::string_view name) const { return values_of<Flags>(column(name), "flags"); }
Reals& Table::reals(std::string_view name) { return values_of<Reals>(find(name), "reals"); }
Texts& Table::texts(std::string_view name) { return values_of<Texts>(find(name), "texts"); }

void Table::append(const Table& other) {
  if (columns_.empty()) {
    columns_ = other.columns_;
    notes_.insert(notes_.end(), other.notes_.begin(), other.notes_.end());
    return;
  }
  require(columns_.size() == other.columns_.size() &&
              std::equal(columns_.begin(), columns_.end(), other.columns_.begin(), same_kind),
          fmt::format("Table::append: '{}' and '{}' have the same columns", name_, other.name_));
  for (std::size_t i = 0; i < columns_.size(); ++i)
    std::visit(
        [&](auto& mine) {
          const auto& theirs = std::get<std::decay_t<decltype(mine)>>(other.columns_[i].values);
          mine.insert(mine.end(), theirs.begin(), theirs.end());
        },
        columns_[i].values);
}

Table Table::select(std::span<const std::size_t> rows) const {
  Table result(name_);
  result.notes_ = notes_;
  for (const Column& column : columns_) {
    Column chosen = column;
    std::visit(
        [&](auto& values) {
          const auto& source = std::get<std::decay_t<decltype(values)>>(column.values);
          values.clear();
          for (const std::size_t row : rows)
            for (int k = 0; k < column.width; ++k) values.push_back(source[row * column.width + k]);
        },
        chosen.values);
    result.columns_.push_back(std::move(chosen));
  }
  return result;
}

}  // namespace arcproof::io
