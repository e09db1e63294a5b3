// Parameters of SQL statements in the binary format of PostgreSQL.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::broker {

// ArrayParameter: an array of bigint or of bytea, which grows. Its bytes are valid at any time.
class ArrayParameter {
 public:
  enum class Of : std::uint32_t { bytea = 17, bigint = 20 };  // the numbers of the types, fixed in PostgreSQL
  explicit ArrayParameter(Of type);

  void add(std::uint64_t number);
  void add(std::string_view bytes);

  bool empty() const { return count_ == 0; }
  std::uint32_t size() const { return count_; }
  std::string_view bytes() const { return bytes_; }

 private:
  void count();

  std::string bytes_;
  std::uint32_t count_ = 0;
};

// Parameters: the values of $1, $2 … of one statement. Arrays and bytes are not copied and must outlive the object.
class Parameters {
 public:
  Parameters() = default;
  Parameters(Parameters&&) = default;
  Parameters& operator=(Parameters&&) = default;

  Parameters& number(std::uint64_t value);
  Parameters& bytes(std::string_view value);
  Parameters& array(const ArrayParameter& value) { return bytes(value.bytes()); }

  int count() const { return static_cast<int>(values_.size()); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  std::deque<std::array<char, 8>> numbers_;  // never moves what it holds
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

// Big-endian numbers, as PostgreSQL sends and takes them.
void put_big_endian(char* at, std::uint64_t value, std::size_t size);
std::uint64_t get_big_endian(const char* at, std::size_t size);

}  // namespace forkmill::broker
