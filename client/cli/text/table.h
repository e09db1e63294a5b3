// What commands print: rows with named columns, as a table for people or as JSON for programs, from the same cells.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace forkmill::cli {

enum class Format { table, wide, json, jsonl };

// "table", "wide", "json" or "jsonl"; empty for anything else.
std::optional<Format> parse_format(std::string_view text);

struct Column {
  std::string name;     // the key in JSON; in capitals, the heading of the table
  std::string title{};  // the heading, where it is another one
  bool wide = false;    // left out of `table`, there in `wide`; JSON always has every column
  bool right = false;   // numbers stand to the right
};

// One value, for a program and for a person.
struct Cell {
  nlohmann::ordered_json value;
  std::string text;

  // Implicit, so that rows are literals.
  Cell(const std::string& same) : value(same), text{same} {}  // NOLINT(google-explicit-constructor)
  Cell(nlohmann::ordered_json for_programs, std::string for_people)
      : value(std::move(for_programs)), text{std::move(for_people)} {}
  template <class Number>
  requires std::is_arithmetic_v<Number> Cell(Number number)
      : value(number), text{value.dump()} {}  // NOLINT(google-explicit-constructor)
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_{std::move(columns)} {}

  // REQUIRES: a cell for each column.
  void add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }

  // Ends in a newline unless it is empty. json: one array of objects, indented; jsonl: an object a line. Control
  // characters in cells are shown as "?" in tables, so a name cannot forge lines or send codes to the terminal.
  std::string render(Format format, bool headers) const;

 private:
  std::string render_text(bool wide, bool headers) const;
  nlohmann::ordered_json object(const std::vector<Cell>& row) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// Columns that a text takes on a terminal, counting each UTF-8 character as one.
std::size_t text_width(std::string_view text);

// The same text without control characters.
std::string printable(std::string_view text);

}  // namespace forkmill::cli
