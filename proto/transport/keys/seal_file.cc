#include "proto/transport/keys/seal_file.h"

#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "proto/transport/keys/key_files.h"

namespace forkmill::proto {

namespace {

constexpr const char* kHeading = "# Seal keys of forkmill: keep this file to clients and workers.\n";

struct NewKey {
  std::string id;
  std::string line;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin) + "\n");
    begin = end + 1;
  }
  return lines;
}

// Returns the id of the key that is alone in a line; empty: the line has none.
std::string id_in(const std::string& line) {
  const auto ring = SealRing::parse(line, "");
  return ring.ok() ? to_string(ring->entries().front().key.id()) : std::string{};
}

bool has_key(const std::string& line) { return !id_in(line).empty(); }

Result<NewKey> make_key(const std::string& queues) {
  SealKey::Secret secret{};
  const SealKey probe{secret};  // readies libsodium
  randombytes_buf(secret.data(), secret.size());
  std::array<char, 2 * std::tuple_size_v<SealKey::Secret> + 1> digits{};
  sodium_bin2hex(digits.data(), digits.size(), secret.data(), secret.size());
  const std::string id = to_string(SealKey{secret}.id());
  sodium_memzero(secret.data(), secret.size());
  NewKey key{id, "seal " + queues + " " + digits.data() + "  # id " + id + "\n"};
  if (id_in(key.line) == id) return key;
  return Failure{Errc::option_out_of_range,
                 "--queues " + queues + ": write names, or prefixes followed by *, separated by commas"};
}

Status replace_file(const std::string& path, const std::string& text) {
  if (auto parsed = SealRing::parse(text, path); !parsed.ok()) return parsed.failure();
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  if (auto status = create_key_file(fresh, 0600, text); !status.ok()) return status;
  if (std::rename(fresh.c_str(), path.c_str()) == 0) return {};
  return Failure{Errc::option_out_of_range, "cannot write " + path + ": " + std::strerror(errno)};
}

Result<std::string> written(const std::string& path, const std::string& text, const std::string& id) {
  if (auto status = replace_file(path, text); !status.ok()) return status.failure();
  return id;
}

// Gives the lines of the file, and the place of the key's line, to `change`, and writes what it makes of them if it
// does not fail.
template <class Change>
Result<std::string> change_line(const std::string& path, const std::string& id, Change&& change) {
  auto text = read_trusted_file(path, true);
  if (!text.ok()) return text.failure();
  if (auto parsed = SealRing::parse(text.value(), path); !parsed.ok()) return parsed.failure();
  auto lines = lines_of(text.value());
  const auto line = std::ranges::find(lines, id, id_in);
  if (line == lines.end())
    return Failure{Errc::option_out_of_range, path + " has no key with the id " + id + "; it stands behind each key"};
  if (Status status = change(lines, line); !status.ok()) return status.failure();
  std::string changed;
  for (const auto& one : lines) changed += one;
  return written(path, changed, id);
}

}  // namespace

Result<std::shared_ptr<const TaskSeals>> read_seal_keys(const std::string& path) {
  if (path.empty()) return std::shared_ptr<const TaskSeals>{};
  auto text = read_trusted_file(path, true);
  if (!text.ok()) return text.failure();
  auto ring = SealRing::parse(text.value(), path);
  sodium_memzero(text.value().data(), text.value().size());
  if (!ring.ok()) return ring.failure();
  return std::shared_ptr<const TaskSeals>{std::make_shared<const TaskSeals>(std::move(ring).value())};
}

Result<std::string> create_seal_file(const std::string& path, const std::string& queues) {
  const auto key = make_key(queues);
  if (!key.ok()) return key.failure();
  if (auto status = create_key_file(path, 0600, kHeading + key->line); !status.ok()) return status.failure();
  return key->id;
}

Result<std::string> add_seal_key(const std::string& path, const std::string& queues) {
  auto text = read_trusted_file(path, true);
  if (!text.ok()) return text.failure();
  if (!text->ends_with('\n')) text.value() += '\n';
  const auto key = make_key(queues);
  if (!key.ok()) return key.failure();
  return written(path, text.value() + key->line, key->id);
}

Result<std::string> put_seal_key_first(const std::string& path, const std::string& id) {
  return change_line(path, id, [](auto& lines, auto line) {
    std::rotate(std::ranges::find_if(lines, has_key), line, line + 1);
    return Status{};
  });
}

Result<std::string> drop_seal_key(const std::string& path, const std::string& id) {
  return change_line(path, id, [&](auto& lines, auto line) -> Status {
    if (std::ranges::count_if(lines, has_key) == 1)
      return Failure{Errc::option_out_of_range,
                     id + " is the only key of " + path + "; make another one with --add first"};
    lines.erase(line);
    return {};
  });
}

}  // namespace forkmill::proto
