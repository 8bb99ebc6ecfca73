#include "engine/io/ecsv.h"

#include "engine/core/error.h"
#include "engine/core/text.h"
#include "engine/io/files.h"
#include "engine/io/json.h"

#include <charconv>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace arcproof::io {
namespace {

const char* datatype(const Column& column) {
  constexpr const char* names[] = {"float64", "int64", "string", "bool"};
  return names[column.values.index()];
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? "\"\"" : std::string(1, c);
  return result + "\"";
}

std::string field(const Column& column, std::size_t row) {
  if (const auto* reals = std::get_if<Reals>(&column.values))
    return std::isnan((*reals)[row]) ? "nan" : fmt::format("{}", (*reals)[row]);
  if (const auto* integers = std::get_if<Integers>(&column.values))
    return (*integers)[row] == missing_integer ? "" : fmt::format("{}", (*integers)[row]);
  if (const auto* texts = std::get_if<Texts>(&column.values)) return quoted((*texts)[row]);
  return std::get<Flags>(column.values)[row] ? "True" : "False";
}

// JSON strings are valid YAML scalars.
std::string yaml(const std::string& text) { return Json(text).dump(false); }

// ---------------------------------------------------------------- reading

struct Line {
  int number;  ///< from 1
  std::string text;
};

bool starts_with_blank(const std::string& text) {
  return !text.empty() && (text[0] == ' ' || text[0] == '\t');
}

using Scalars = std::map<std::string, std::string>;

// The YAML of a column: a mapping in braces, perhaps folded over several lines, or one `key: value` a line.
class ColumnHeader {
 public:
  ColumnHeader(std::string path, int line, std::string text)
      : path_(std::move(path)), line_(line), text_(std::move(text)) {}

  Scalars read() {
    Scalars result;
    skip_blanks();
    const bool braces = peek() == '{';
    if (braces) ++at_;
    for (;;) {
      skip_blanks();
      if (braces && peek() == '}') return result;
      if (peek() == '\0') break;
      const std::string key = scalar(":");
      skip_blanks();
      if (peek() != ':') fail("no ':' after '" + key + "'", "key: value");
      ++at_;
      skip_blanks();
      result[key] = peek() == '[' || (peek() == '{' && braces) ? nested() : scalar(braces ? ",}" : "\n");
      skip_blanks();
      if (braces && peek() == ',') ++at_;
    }
    if (braces) fail("a '{' without '}'", "a whole mapping");
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& found, const std::string& allowed) const {
    throw InputError({path_, fmt::format("line {}, column header", line_), found, allowed});
  }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n') ++at_;
  }

  std::string scalar(std::string_view ends) {
    if (peek() == '\'') return single_quoted();
    if (peek() == '"') return double_quoted();
    std::string result;
    for (; peek() != '\0' && ends.find(peek()) == std::string_view::npos; ++at_) result += peek();
    return folded(trimmed(result));
  }

  // A line break within a scalar is a space.
  static std::string folded(const std::string& text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\n') {
        result += text[i];
        continue;
      }
      while (i + 1 < text.size() && (text[i + 1] == ' ' || text[i + 1] == '\t')) ++i;
      result += ' ';
    }
    return result;
  }

  std::string single_quoted() {
    std::string result;
    for (++at_; peek() != '\0'; ++at_) {
      if (peek() == '\'' && peek(1) != '\'') {
        ++at_;
        return folded(result);
      }
      if (peek() == '\'') ++at_;
      result += peek();
    }
    fail("a quotation that does not end", "'...'");
  }

  // JSON strings are the double-quoted scalars of YAML, but for broken lines and a few escapes.
  std::string double_quoted() {
    std::string raw;
    for (++at_; peek() != '\0' && peek() != '"'; ++at_) {
      if (peek() == '\\' && peek(1) == '\n') {
        ++at_;
        while (peek(1) == ' ' || peek(1) == '\t') ++at_;
        continue;
      }
      if (peek() == '\\' && (peek(1) == ' ' || peek(1) == '\'')) ++at_;
      else if (peek() == '\\') raw += text_[at_++];
      raw += peek();
    }
    if (peek() == '\0') fail("a quotation that does not end", "\"...\"");
    ++at_;
    return parse_json("\"" + with_json_escapes(folded(raw)) + "\"", path_).as_string();
  }

  static std::string with_json_escapes(const std::string& text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool escape = text[i] == '\\' && i + 1 < text.size();
      if (escape && text[i + 1] == 'x') {
        result += "\\u00";
        ++i;
      } else if (escape) {
        result += text.substr(i++, 2);
      } else {
        result += text[i] == '\t' ? "\\t" : std::string(1, text[i]);
      }
    }
    return result;
  }

  // A list or mapping as a value: its text.
  std::string nested() {
    std::string result;
    int depth = 0;
    do {
      if (peek() == '\0') fail("a bracket that is not closed", "a whole list");
      depth += peek() == '[' || peek() == '{' ? 1 : peek() == ']' || peek() == '}' ? -1 : 0;
      result += text_[at_++];
    } while (depth > 0);
    return result;
  }

  std::string path_;
  int line_;
  std::string text_;
  std::size_t at_ = 0;
};

class EcsvReader {
 public:
  explicit EcsvReader(const std::filesystem::path& path) : path_(path.string()) {
    std::string text = read_text(path);
    int number = 0;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      std::string line = text.substr(at, end - at);
      if (line.ends_with('\r')) line.pop_back();
      lines_.push_back({++number, std::move(line)});
      at = end + 1;
    }
  }

  Table read() {
    if (lines_.empty() || !lines_[0].text.starts_with("# %ECSV"))
      fail(1, "no ECSV header", "'# %ECSV 1.0' as the first line");
    read_header();
    read_names();
    for (; next_ < lines_.size(); ++next_)
      if (!is_comment(lines_[next_].text)) read_row(lines_[next_]);
    Table table;
    for (Column& column : columns_) table.add(std::move(column));
    return table;
  }

 private:
  [[noreturn]] void fail(int line, const std::string& found, const std::string& allowed) const {
    throw InputError({path_, fmt::format("line {}", line), found, allowed});
  }

  static bool is_comment(const std::string& text) {
    const std::string words = trimmed(text);
    return words.empty() || words[0] == '#';
  }

  void read_header() {
    std::vector<Line> yaml;
    for (next_ = 1; next_ < lines_.size() && lines_[next_].text.starts_with("#"); ++next_)
      yaml.push_back(
          {lines_[next_].number, lines_[next_].text.substr(lines_[next_].text.starts_with("# ") ? 2 : 1)});
    for (std::size_t i = 0; i < yaml.size();)
      if (yaml[i].text.starts_with("delimiter:")) read_delimiter(yaml[i++]);
      else if (yaml[i].text.starts_with("datatype:")) i = read_columns(yaml, i + 1);
      else ++i;
    if (columns_.empty()) fail(1, "a header without columns", "a list 'datatype:' of columns");
  }

  void read_delimiter(const Line& line) {
    const std::string value = trimmed(line.text.substr(std::string_view("delimiter:").size()));
    if (value.size() == 3 && (value[0] == '\'' || value[0] == '"') && (value[1] == ',' || value[1] == ' '))
      delimiter_ = value[1];
    else if (value == ",") delimiter_ = ',';
    else fail(line.number, "delimiter " + value, "',' or ' '");
  }

  // Items of the list from yaml[first] on; returns where the next key of the header stands.
  std::size_t read_columns(const std::vector<Line>& yaml, std::size_t first) {
    std::size_t i = first;
    const auto of_list = [&] {
      return i < yaml.size() && (yaml[i].text.starts_with("-") || starts_with_blank(yaml[i].text));
    };
    const std::size_t indent = first < yaml.size() ? yaml[first].text.find_first_not_of(' ') : 0;
    const auto starts_item = [&] {
      return yaml[i].text.find_first_not_of(' ') == indent && yaml[i].text.compare(indent, 2, "- ") == 0;
    };
    while (of_list()) {
      const int line = yaml[i].number;
      const std::string start = trimmed(yaml[i].text);
      if (!start.starts_with("- ")) fail(line, start, "a column: - {name: ..., datatype: ...}");
      std::string item = start.substr(2);
      for (++i; of_list() && !starts_item(); ++i) item += "\n" + yaml[i].text;
      add_column(line, ColumnHeader(path_, line, item).read());
    }
    return i;
  }

  void add_column(int line, const Scalars& keys) {
    const auto value = [&](const char* key) { return keys.contains(key) ? keys.at(key) : std::string(); };
    Column column;
    column.name = value("name");
    column.unit = value("unit");
    column.description = value("description");
    if (column.name.empty()) fail(line, "a column without a name", "name: ...");
    for (const Column& other : columns_)
      if (other.name == column.name)
        fail(line, "the column " + column.name + " twice", "columns with names of their own");
    const std::string type = value("datatype");
    if (keys.contains("subtype"))
      fail(line, "column " + column.name + " of arrays or objects (" + value("subtype") + ")",
           "scalar columns");
    if (type.starts_with("float")) column.values = Reals{};
    else if (type.starts_with("int") || type.starts_with("uint")) column.values = Integers{};
    else if (type == "string") column.values = Texts{};
    else if (type == "bool") column.values = Flags{};
    else
      fail(line, "column " + column.name + " of datatype '" + type + "'", "float, int, uint, string or bool");
    columns_.push_back(std::move(column));
  }

  void read_names() {
    while (next_ < lines_.size() && is_comment(lines_[next_].text)) ++next_;
    if (next_ == lines_.size()) fail(lines_.back().number, "the end of the file", "a line of column names");
    const std::vector<std::string> names = fields(lines_[next_]);
    bool same = names.size() == columns_.size();
    for (std::size_t i = 0; same && i < names.size(); ++i) same = names[i] == columns_[i].name;
    if (!same)
      fail(lines_[next_].number, "the column names '" + lines_[next_].text + "'",
           "the names of the header, in its order");
    ++next_;
  }

  // Fields of a row. Blanks before a field mean nothing, and several are as good as one between two fields.
  std::vector<std::string> fields(const Line& line) const {
    std::vector<std::string> result;
    const std::string& text = line.text;
    std::size_t at = 0;
    const auto skip = [&] {
      while (at < text.size() && text[at] == ' ') ++at;
    };
    for (skip();;) {
      result.push_back(at < text.size() && text[at] == '"' ? quoted_field(line, at) : plain_field(text, at));
      const std::size_t before = at;
      skip();
      if (at == text.size()) return result;
      if (delimiter_ == ' ' ? at == before : text[at] != delimiter_)
        fail(line.number, "text after a closing quotation mark", "the delimiter, or the end of the line");
      if (delimiter_ != ' ') {
        ++at;
        skip();
      }
    }
  }

  std::string plain_field(const std::string& text, std::size_t& at) const {
    const std::size_t end = std::min(text.find(delimiter_, at), text.size());
    std::string field = trimmed(text.substr(at, end - at));
    at = end;
    return field;
  }

  std::string quoted_field(const Line& line, std::size_t& at) const {
    const std::string& text = line.text;
    std::string field;
    for (++at; at < text.size(); ++at) {
      if (text[at] == '"' && !(at + 1 < text.size() && text[at + 1] == '"')) {
        ++at;
        return field;
      }
      if (text[at] == '"') ++at;
      field += text[at];
    }
    fail(line.number, "a quotation that does not end", "\"...\" on one line");
  }

  void read_row(const Line& line) {
    const std::vector<std::string> row = fields(line);
    if (row.size() != columns_.size())
      fail(line.number, fmt::format("{} fields", row.size()), fmt::format("{} fields", columns_.size()));
    for (std::size_t i = 0; i < row.size(); ++i) append(columns_[i], row[i], line.number);
  }

  void append(Column& column, const std::string& text, int line) const {
    if (auto* texts = std::get_if<Texts>(&column.values)) texts->push_back(text);
    else if (auto* flags = std::get_if<Flags>(&column.values)) flags->push_back(flag(column, text, line));
    else if (auto* integers = std::get_if<Integers>(&column.values))
      integers->push_back(text.empty() ? missing_integer : number<std::int64_t>(column, text, line));
    else
      std::get<Reals>(column.values)
          .push_back(text.empty() ? std::nan("") : number<double>(column, text, line));
  }

  bool flag(const Column& column, const std::string& text, int line) const {
    if (text == "True") return true;
    if (text == "False" || text.empty()) return false;
    fail(line, "'" + text + "' in column " + column.name, "True or False");
  }

  template <class Number>
  Number number(const Column& column, const std::string& text, int line) const {
    Number value = 0;
    const char *first = text.data() + (text[0] == '+'), *last = text.data() + text.size();
    const auto [end, error] = std::from_chars(first, last, value);
    if (end == last && error == std::errc()) return value;
    // Reals beyond the range of a double are 0 or infinite, as everywhere.
    if (end == last && error == std::errc::result_out_of_range && std::is_floating_point_v<Number>)
      return static_cast<Number>(std::strtod(text.c_str(), nullptr));
    fail(line, "'" + text + "' in column " + column.name,
         std::is_floating_point_v<Number> ? "a number" : "an integer");
  }

  std::string path_;
  std::vector<Line> lines_;
  std::size_t next_ = 0;
  char delimiter_ = ' ';
  std::vector<Column> columns_;
};

}  // namespace

void write_ecsv(const std::filesystem::path& path, const Table& table) {
  std::string text = "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n";
  for (const Column& column : table.columns()) {
    require(column.width == 1, "write_ecsv: columns are scalar");
    text += fmt::format("# - {{name: {}, {}datatype: {}, description: {}}}\n", yaml(column.name),
                        column.unit.empty() ? "" : fmt::format("unit: {}, ", yaml(column.unit)),
                        datatype(column), yaml(column.description));
  }
  if (!table.notes().empty()) text += "# meta: !!omap\n";
  for (const auto& [key, value] : table.notes()) text += fmt::format("# - {{{}: {}}}\n", key, yaml(value));
  text += "# schema: astropy-2.0\n";
  for (std::size_t i = 0; i < table.columns().size(); ++i) text += (i ? "," : "") + table.columns()[i].name;
  text += "\n";
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (std::size_t i = 0; i < table.columns().size(); ++i)
      text += (i ? "," : "") + field(table.columns()[i], row);
    text += "\n";
  }
  write_text(path, text);
}

Table read_ecsv(const std::filesystem::path& path) { return EcsvReader(path).read(); }

}  // namespace arcproof::io
