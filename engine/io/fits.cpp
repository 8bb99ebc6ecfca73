#include "engine/io/fits.h"

#include "engine/core/error.h"
#include "engine/io/files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>

#include <fitsio.h>
#include <fmt/format.h>

namespace arcproof::io {
namespace fs = std::filesystem;
namespace {

struct Closer {
  void operator()(fitsfile* file) const {
    int status = 0;
    fits_close_file(file, &status);
  }
};
using FilePointer = std::unique_ptr<fitsfile, Closer>;

std::string status_text(int status) {
  char text[FLEN_STATUS] = {};
  fits_get_errstatus(status, text);
  fits_clear_errmsg();
  return fmt::format("CFITSIO status {}: {}", status, text);
}

bool means_truncated(int status) { return status == END_OF_FILE || status == READ_ERROR; }

// ---------------------------------------------------------------- reading

class Reader {
 public:
  explicit Reader(const fs::path& path) : path_(path) {
    require_file(path, "");
    fitsfile* file = nullptr;
    int status = 0;
    fits_open_diskfile(&file, path.c_str(), READONLY, &status);
    file_.reset(file);
    if (status) fail("", fmt::format("not a readable FITS file ({})", status_text(status)), "a FITS file");
    status = 0;
    fits_get_num_hdus(file_.get(), &count_, &status);
    if (status) fail("", fmt::format("a damaged FITS file ({})", status_text(status)), "a whole FITS file");
  }

  fitsfile* get() const { return file_.get(); }

  [[noreturn]] void fail(const std::string& key, const std::string& found, const std::string& allowed) const {
    throw InputError({path_.string(), key, found, allowed});
  }

  void check(int status) const {
    if (status == 0) return;
    const std::string found = means_truncated(status) ? "a truncated file (" + status_text(status) + ")"
                                                      : "an unreadable HDU (" + status_text(status) + ")";
    fail("HDU " + current_name(), found, "a whole, standard FITS file");
  }

  int move_to(int index) const {
    int type = 0, status = 0;
    fits_movabs_hdu(file_.get(), index + 1, &type, &status);
    if (status) fail(fmt::format("HDU {}", index), status_text(status), "a whole, standard FITS file");
    return type;
  }

  std::string extension_name() const {
    char name[FLEN_VALUE] = {};
    int status = 0;
    if (fits_read_key(file_.get(), TSTRING, "EXTNAME", name, nullptr, &status)) fits_clear_errmsg();
    return name;
  }

  std::string current_name() const {
    int number = 0;
    fits_get_hdu_num(file_.get(), &number);
    const std::string name = extension_name();
    return fmt::format("{} ({})", number - 1, name.empty() ? (number == 1 ? "PRIMARY" : "no name") : name);
  }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (int i = 0; i < count_; ++i) {
      move_to(i);
      result.push_back(current_name());
    }
    return result;
  }

  std::string list_of_hdus() const {
    const std::vector<std::string> all = names();
    return fmt::format("{}", fmt::join(all, ", "));
  }

  int axes() const {
    int count = 0, status = 0;
    check(fits_get_img_dim(file_.get(), &count, &status));
    return count;
  }

  bool is_image(int index, int least_axes, int most_axes) const {
    return move_to(index) == IMAGE_HDU && axes() >= least_axes && axes() <= most_axes;
  }

  // Position of the HDU that a user's word means; "" asks for the first that `wanted` accepts.
  template <class Wanted>
  int locate(const std::string& word, const Wanted& wanted, const std::string& what) const {
    if (word.empty()) {
      for (int i = 0; i < count_; ++i)
        if (wanted(i)) return i;
      fail("", "no HDU that holds " + what + "; HDUs are " + list_of_hdus(), "a file with " + what);
    }
    const bool number =
        std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c); });
    std::optional<int> found;
    for (int i = 0; i < count_; ++i) {
      move_to(i);
      const std::string name = extension_name();
      if (number ? std::to_string(i) != word : ::strcasecmp(name.c_str(), word.c_str()) != 0) continue;
      if (found)
        fail("HDU '" + word + "'", fmt::format("the name of HDU {} and of HDU {}", *found, i),
             "the number of one of them");
      found = i;
    }
    if (found) {
      move_to(*found);
      return *found;
    }
    fail("HDU '" + word + "'", "no such HDU", "one of: " + list_of_hdus());
  }

  FitsHeader header() const {
    FitsHeader result;
    int keys = 0, status = 0;
    check(fits_get_hdrspace(file_.get(), &keys, nullptr, &status));
    for (int i = 1; i <= keys; ++i) add_card(i, result);
    return result;
  }

 private:
  void add_card(int position, FitsHeader& header) const {
    char record[FLEN_CARD] = {}, key[FLEN_KEYWORD] = {}, value[FLEN_VALUE] = {}, comment[FLEN_COMMENT] = {};
    int status = 0;
    check(fits_read_record(file_.get(), position, record, &status));
    header.records += fmt::format("{:<80}", record);
    fits_read_keyn(file_.get(), position, key, value, comment, &status);
    if (status) {
      fits_clear_errmsg();
      return;
    }
    const bool quoted = value[0] == '\'';
    const std::string text = quoted ? unquoted(key, value) : value;
    if (quoted || !text.empty()) header.add(key, text, comment);
  }

  // The text of a quoted value; one that goes on in CONTINUE cards is read whole.
  std::string unquoted(const std::string& key, const std::string& value) const {
    std::string text;
    const std::size_t last = value.rfind('\'');
    for (std::size_t i = 1; i < last; ++i) {
      text += value[i];
      if (value[i] == '\'' && i + 1 < last && value[i + 1] == '\'') ++i;
    }
    if (text.ends_with('&')) {
      char* whole = nullptr;
      int status = 0;
      if (!fits_read_key_longstr(file_.get(), key.c_str(), &whole, nullptr, &status)) {
        text = whole;
        fits_free_memory(whole, &status);
      }
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
  }

  fs::path path_;
  FilePointer file_;
  int count_ = 0;
};

std::vector<int> shape_of(const Reader& reader) {
  const int axes = reader.axes();
  std::vector<LONGLONG> lengths(static_cast<std::size_t>(std::max(axes, 1)));
  int status = 0;
  reader.check(fits_get_img_sizell(reader.get(), axes, lengths.data(), &status));
  return {lengths.begin(), lengths.begin() + axes};
}

// Before memory is taken for them: whether the file can hold the pixels that its header promises. What is
// compressed in tiles tells nothing by its length.
void require_pixels(const Reader& reader) {
  int type = 0, axes = 0, status = 0;
  std::array<LONGLONG, 9> lengths{};
  reader.check(fits_get_img_paramll(reader.get(), lengths.size(), &type, &axes, lengths.data(), &status));
  double pixels = 1;
  for (int i = 0; i < std::min<int>(axes, lengths.size()); ++i) pixels *= static_cast<double>(lengths[i]);
  const auto fail = [&](const std::string& found) {
    reader.fail("HDU " + reader.current_name(), found, "a whole, standard FITS file");
  };
  constexpr double most_pixels = 4e9;  // 32 GB in memory
  if (pixels > most_pixels)
    fail(fmt::format("a header that promises {:.4g} pixels (at most {:g} are read)", pixels, most_pixels));
  if (fits_is_compressed_image(reader.get(), &status)) return;
  LONGLONG header = 0, data = 0, end = 0;
  reader.check(fits_get_hduaddrll(reader.get(), &header, &data, &end, &status));
  const double bytes = pixels * std::abs(type) / 8,
               room = static_cast<double>(reader.get()->Fptr->filesize - data);
  if (bytes > room)
    fail(fmt::format("a truncated file: its header promises {:.4g} pixels, {:.4g} bytes; {:.4g} are there",
                     pixels, bytes, std::max(room, 0.0)));
}

void read_pixels(const Reader& reader, std::size_t count, double* out) {
  double null_value = std::nan("");
  int any_null = 0, status = 0;
  reader.check(fits_read_img(reader.get(), TDOUBLE, 1, static_cast<LONGLONG>(count), &null_value, out,
                             &any_null, &status));
}

FitsHeader primary_header(const Reader& reader, int current) {
  reader.move_to(0);
  FitsHeader header = reader.header();
  reader.move_to(current);
  return header;
}

// ---------------------------------------------------------------- tables: reading

// Value of a text key, continued cards included; "" when it is missing.
std::string key_text(const Reader& reader, const std::string& key) {
  char* value = nullptr;
  int status = 0;
  if (fits_read_key_longstr(reader.get(), key.c_str(), &value, nullptr, &status)) {
    fits_clear_errmsg();
    return "";
  }
  std::string text = value;
  fits_free_memory(value, &status);
  return text;
}

// Integers in a real column may be null; reals are taken bit for bit (with a null value CFITSIO would look
// for them and lose infinities).
Reals read_real_column(const Reader& reader, int column, LONGLONG rows, long repeat, bool integers) {
  Reals values(static_cast<std::size_t>(rows * repeat));
  double null_value = std::nan("");
  int any = 0, status = 0;
  if (!values.empty())
    reader.check(fits_read_col(reader.get(), TDOUBLE, column, 1, 1, static_cast<LONGLONG>(values.size()),
                               integers ? &null_value : nullptr, values.data(), &any, &status));
  return values;
}

Integers read_integer_column(const Reader& reader, int column, LONGLONG rows) {
  std::vector<LONGLONG> raw(static_cast<std::size_t>(rows));
  LONGLONG null_value = missing_integer;
  int any = 0, status = 0;
  if (rows)
    reader.check(
        fits_read_col(reader.get(), TLONGLONG, column, 1, 1, rows, &null_value, raw.data(), &any, &status));
  return {raw.begin(), raw.end()};
}

Flags read_flag_column(const Reader& reader, int column, LONGLONG rows) {
  std::vector<char> raw(static_cast<std::size_t>(rows));
  char null_value = 0;
  int any = 0, status = 0;
  if (rows)
    reader.check(
        fits_read_col(reader.get(), TLOGICAL, column, 1, 1, rows, &null_value, raw.data(), &any, &status));
  return {raw.begin(), raw.end()};
}

Texts read_text_column(const Reader& reader, int column, LONGLONG rows, long width) {
  Texts values;
  std::string buffer(static_cast<std::size_t>(width) + 1, '\0');
  char* pointer = buffer.data();
  char null_value[] = "";
  for (LONGLONG row = 1; row <= rows; ++row) {
    int any = 0, status = 0;
    std::fill(buffer.begin(), buffer.end(), '\0');
    reader.check(
        fits_read_col(reader.get(), TSTRING, column, row, 1, 1, null_value, &pointer, &any, &status));
    std::string text = buffer.c_str();
    while (!text.empty() && text.back() == ' ') text.pop_back();
    values.push_back(std::move(text));
  }
  return values;
}

bool is_structural(std::string_view key) {
  constexpr std::string_view exact[] = {"XTENSION", "BITPIX",  "PCOUNT",   "GCOUNT",  "EXTNAME",
                                        "CHECKSUM", "DATASUM", "LONGSTRN", "CONTINUE"};
  constexpr std::string_view starts[] = {"NAXIS", "TFIELDS", "TTYPE", "TFORM", "TUNIT",
                                         "TDISP", "TNULL",   "TCOMM", "TSCAL", "TZERO"};
  return std::any_of(std::begin(exact), std::end(exact), [&](auto k) { return key == k; }) ||
         std::any_of(std::begin(starts), std::end(starts), [&](auto k) { return key.starts_with(k); });
}

Column read_column(const Reader& reader, int number, LONGLONG rows) {
  int type = 0, status = 0;
  long repeat = 1, width = 0;
  reader.check(fits_get_eqcoltype(reader.get(), number, &type, &repeat, &width, &status));
  Column column;
  column.name = key_text(reader, fmt::format("TTYPE{}", number));
  if (column.name.empty()) column.name = fmt::format("col{}", number);
  const std::string place = "HDU " + reader.current_name() + ", column " + column.name;
  column.unit = key_text(reader, fmt::format("TUNIT{}", number));
  column.description = key_text(reader, fmt::format("TCOMM{}", number));
  if (type == TSTRING) column.values = read_text_column(reader, number, rows, repeat);
  else if (type == TLOGICAL && repeat == 1) column.values = read_flag_column(reader, number, rows);
  else if (repeat == 1 &&
           (type == TLONGLONG || type == TLONG || type == TINT || type == TSHORT || type == TBYTE))
    column.values = read_integer_column(reader, number, rows);
  else if (type == TDOUBLE || type == TFLOAT || type == TLONGLONG || type == TLONG || type == TSHORT ||
           type == TBYTE) {
    if (repeat < 1) reader.fail(place, "a column without values", "columns of one value or more");
    column.values = read_real_column(reader, number, rows, repeat, type != TDOUBLE && type != TFLOAT);
    column.width = static_cast<int>(std::max(1L, repeat));
  } else {
    reader.fail(place, fmt::format("data type {}", type), "numbers, logical values or text");
  }
  return column;
}

// ---------------------------------------------------------------- writing

class Writer {
 public:
  explicit Writer(const fs::path& path) : file_(path), name_(path.string()) {
    fitsfile* raw = nullptr;
    int status = 0;
    fits_create_diskfile(&raw, file_.temporary().c_str(), &status);
    fits_.reset(raw);
    check(status);
  }

  fitsfile* get() const { return fits_.get(); }
  void check(int status) const {
    if (status) throw SystemError(fmt::format("{}: cannot be written ({})", name_, status_text(status)));
  }
  void text(const std::string& key, const std::string& value, const std::string& comment) const {
    int status = 0;
    std::string copy = value;
    const char* note = comment.empty() ? nullptr : comment.c_str();
    constexpr std::ptrdiff_t card_room = 68;
    if (std::ssize(value) + std::count(value.begin(), value.end(), '\'') <= card_room) {
      fits_update_key(get(), TSTRING, key.c_str(), copy.data(), note, &status);
    } else {
      fits_write_key_longwarn(get(), &status);
      fits_update_key_longstr(get(), key.c_str(), copy.data(), note, &status);
    }
    check(status);
  }
  void integer(const std::string& key, std::int64_t value, const std::string& comment) const {
    int status = 0;
    LONGLONG copy = value;
    check(fits_update_key(get(), TLONGLONG, key.c_str(), &copy, comment.c_str(), &status));
  }
  void cards(const FitsHeader& header) const {
    for (const FitsHeader::Card& card : header.cards()) write_card(card);
  }

  // As fits_write_chksum, but without the date that it puts into the comments.
  void checksums() const {
    int status = 0;
    unsigned long data_sum = 0, hdu_sum = 0;
    text("CHECKSUM", std::string(16, '0'), "HDU checksum");
    text("DATASUM", "0", "data unit checksum");
    check(fits_set_hdustruc(get(), &status));
    check(fits_get_chksum(get(), &data_sum, &hdu_sum, &status));
    text("DATASUM", std::to_string(data_sum), "data unit checksum");
    check(fits_get_chksum(get(), &data_sum, &hdu_sum, &status));
    char encoded[17] = {};
    fits_encode_chksum(hdu_sum, 1, encoded);
    text("CHECKSUM", encoded, "HDU checksum");
  }

  void finish() {
    int status = 0;
    fitsfile* raw = fits_.release();
    fits_close_file(raw, &status);
    check(status);
    file_.commit();
  }

 private:
  void write_card(const FitsHeader::Card& card) const {
    const char *first = card.value.data(), *last = first + card.value.size();
    std::int64_t whole = 0;
    if (const auto [end, error] = std::from_chars(first, last, whole); error == std::errc() && end == last)
      return integer(card.key, whole, card.comment);
    double number = 0;
    const bool is_real = card.value.find_first_of(".eE") != std::string::npos;
    const auto [end, error] = std::from_chars(first, last, number);
    if (is_real && error == std::errc() && end == last && std::isfinite(number)) real(card, number);
    else text(card.key, card.value, card.comment);
  }
  // With as few digits as give the number back.
  void real(const FitsHeader::Card& card, double number) const {
    const int digits = std::strtod(fmt::format("{:.15G}", number).c_str(), nullptr) == number ? 15 : 17;
    int status = 0;
    check(fits_update_key_dbl(get(), card.key.c_str(), number, -digits, card.comment.c_str(), &status));
  }

  AtomicFile file_;
  std::string name_;
  FilePointer fits_;
};

std::size_t text_width(const Texts& texts) {
  std::size_t width = 1;
  for (const std::string& text : texts) width = std::max(width, text.size());
  return width;
}

std::string format_code(const Column& column) {
  if (std::holds_alternative<Integers>(column.values)) return "1K";
  if (std::holds_alternative<Flags>(column.values)) return "1L";
  if (const auto* texts = std::get_if<Texts>(&column.values)) return fmt::format("{}A", text_width(*texts));
  return fmt::format("{}D", column.width);
}

LONGLONG bytes_per_row(const Column& column) {
  if (std::holds_alternative<Flags>(column.values)) return 1;
  if (const auto* texts = std::get_if<Texts>(&column.values))
    return static_cast<LONGLONG>(text_width(*texts));
  return 8LL * column.width;
}

std::string display_code(const Column& column) {
  if (std::holds_alternative<Integers>(column.values)) return "I12";
  if (std::holds_alternative<Flags>(column.values)) return "L1";
  if (const auto* texts = std::get_if<Texts>(&column.values)) return fmt::format("A{}", text_width(*texts));
  return "G15.8";
}

// `first_byte` of the column in a row, from 1.
void write_values(const Writer& writer, int number, LONGLONG first_byte, const Column& column) {
  int status = 0;
  if (const auto* reals = std::get_if<Reals>(&column.values)) {
    Reals copy = *reals;
    fits_write_col(writer.get(), TDOUBLE, number, 1, 1, static_cast<LONGLONG>(copy.size()), copy.data(),
                   &status);
  } else if (const auto* integers = std::get_if<Integers>(&column.values)) {
    std::vector<LONGLONG> copy(integers->begin(), integers->end());
    fits_write_col(writer.get(), TLONGLONG, number, 1, 1, static_cast<LONGLONG>(copy.size()), copy.data(),
                   &status);
  } else if (const auto* flags = std::get_if<Flags>(&column.values)) {
    std::vector<char> copy(flags->begin(), flags->end());
    fits_write_col(writer.get(), TLOGICAL, number, 1, 1, static_cast<LONGLONG>(copy.size()), copy.data(),
                   &status);
  } else {
    // As bytes: CFITSIO would pad with blanks, which readers such as astropy take for a part of the text.
    const Texts& texts = std::get<Texts>(column.values);
    const std::size_t width = text_width(texts);
    for (std::size_t row = 0; row < texts.size(); ++row) {
      std::vector<unsigned char> bytes(width, 0);
      std::copy(texts[row].begin(), texts[row].end(), bytes.begin());
      fits_write_tblbytes(writer.get(), static_cast<LONGLONG>(row) + 1, first_byte,
                          static_cast<LONGLONG>(width), bytes.data(), &status);
    }
  }
  writer.check(status);
}

void write_table(const Writer& writer, const Table& table) {
  std::vector<std::string> names, formats, units;
  for (const Column& column : table.columns()) {
    names.push_back(column.name);
    formats.push_back(format_code(column));
    units.push_back(column.unit);
  }
  std::vector<char*> name_pointers, format_pointers, unit_pointers;
  for (std::size_t i = 0; i < names.size(); ++i) {
    name_pointers.push_back(names[i].data());
    format_pointers.push_back(formats[i].data());
    unit_pointers.push_back(units[i].data());
  }
  int status = 0;
  writer.check(fits_create_tbl(writer.get(), BINARY_TBL, static_cast<LONGLONG>(table.rows()),
                               static_cast<int>(names.size()), name_pointers.data(), format_pointers.data(),
                               unit_pointers.data(), table.name().c_str(), &status));
  for (std::size_t i = 0; i < table.columns().size(); ++i) {
    const Column& column = table.columns()[i];
    const int number = static_cast<int>(i) + 1;
    writer.text(fmt::format("TDISP{}", number), display_code(column), "");
    if (std::holds_alternative<Integers>(column.values))
      writer.integer(fmt::format("TNULL{}", number), missing_integer, "missing value");
    if (!column.description.empty()) writer.text(fmt::format("TCOMM{}", number), column.description, "");
  }
  for (const auto& [key, value] : table.notes()) writer.text(key, value, "");
  writer.check(fits_set_hdustruc(writer.get(), &status));
  LONGLONG first_byte = 1;
  for (std::size_t i = 0; i < table.columns().size(); ++i) {
    if (table.rows()) write_values(writer, static_cast<int>(i) + 1, first_byte, table.columns()[i]);
    first_byte += bytes_per_row(table.columns()[i]);
  }
  writer.checksums();
}

void write_empty_primary(const Writer& writer, const FitsHeader& cards) {
  int status = 0;
  writer.check(fits_create_img(writer.get(), 8, 0, nullptr, &status));
  writer.cards(cards);
  writer.checksums();
}

}  // namespace

void FitsHeader::add(std::string key, std::string value, std::string comment) {
  cards_.push_back({std::move(key), std::move(value), std::move(comment)});
}

std::optional<std::string> FitsHeader::text(std::string_view key) const {
  for (const Card& card : cards_)
    if (card.key == key) return card.value;
  return std::nullopt;
}

std::optional<double> FitsHeader::number(std::string_view key) const {
  const auto value = text(key);
  if (!value) return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(value->c_str(), &end);
  if (end == value->c_str() || *end != '\0') return std::nullopt;
  return number;
}

FitsImage read_fits_image(const fs::path& path, const std::string& hdu) {
  const Reader reader(path);
  const int index = reader.locate(
      hdu, [&](int i) { return reader.is_image(i, 2, 2); }, "a two-dimensional image");
  if (reader.move_to(index) != IMAGE_HDU || reader.axes() != 2)
    reader.fail("HDU " + reader.current_name(), "not a two-dimensional image", "a two-dimensional image");
  require_pixels(reader);
  const std::vector<int> shape = shape_of(reader);
  FitsImage image{Array2D<double>(shape[0], shape[1]), reader.header(), {}, reader.current_name()};
  read_pixels(reader, image.pixels.size(), image.pixels.data());
  image.primary = primary_header(reader, index);
  return image;
}

FitsArray read_fits_array(const fs::path& path, const std::string& hdu) {
  const Reader reader(path);
  const int index = reader.locate(
      hdu, [&](int i) { return reader.is_image(i, 2, 999); }, "an array");
  if (reader.move_to(index) != IMAGE_HDU)
    reader.fail("HDU " + reader.current_name(), "a table", "an image or a cube");
  require_pixels(reader);
  FitsArray array{shape_of(reader), {}, reader.header()};
  std::size_t count = array.shape.empty() ? 0 : 1;
  for (const int length : array.shape) count *= static_cast<std::size_t>(length);
  array.values.resize(count);
  if (count) read_pixels(reader, count, array.values.data());
  return array;
}

Table read_fits_table(const fs::path& path, const std::string& hdu) {
  const Reader reader(path);
  const int index = reader.locate(
      hdu, [&](int i) { return reader.move_to(i) == BINARY_TBL; }, "a binary table");
  if (reader.move_to(index) != BINARY_TBL)
    reader.fail("HDU " + reader.current_name(), "not a binary table", "a binary table");
  LONGLONG rows = 0;
  int columns = 0, status = 0;
  reader.check(fits_get_num_rowsll(reader.get(), &rows, &status));
  reader.check(fits_get_num_cols(reader.get(), &columns, &status));
  Table table(reader.extension_name());
  for (int number = 1; number <= columns; ++number) {
    Column column = read_column(reader, number, rows);
    if (table.has(column.name))
      reader.fail("HDU " + reader.current_name() + ", column " + column.name, "the same name twice",
                  "columns with names of their own");
    table.add(std::move(column));
  }
  const FitsHeader header = reader.header();
  for (const FitsHeader::Card& card : header.cards())
    if (!is_structural(card.key)) table.note(card.key, card.value);
  return table;
}

void write_fits_tables(const fs::path& path, const std::vector<Table>& tables, const FitsHeader& cards) {
  Writer writer(path);
  write_empty_primary(writer, cards);
  for (const Table& table : tables) write_table(writer, table);
  writer.finish();
}

void write_fits_images(const fs::path& path, const std::vector<NamedImage>& images,
                       const std::vector<Table>& tables) {
  Writer writer(path);
  write_empty_primary(writer, {});
  for (const NamedImage& image : images) {
    LONGLONG shape[] = {image.pixels.width(), image.pixels.height()};
    int status = 0;
    writer.check(fits_create_imgll(writer.get(), FLOAT_IMG, 2, shape, &status));
    if (!image.name.empty()) writer.text("EXTNAME", image.name, "");
    writer.cards(image.header);
    Array2D<float> copy = image.pixels;
    writer.check(
        fits_write_img(writer.get(), TFLOAT, 1, static_cast<LONGLONG>(copy.size()), copy.data(), &status));
    writer.checksums();
  }
  for (const Table& table : tables) write_table(writer, table);
  writer.finish();
}

std::vector<std::string> fits_hdu_names(const fs::path& path) { return Reader(path).names(); }

}  // namespace arcproof::io
