// Box: a sealed payload. XChaCha20-Poly1305 of libsodium under a symmetric key; the head stands in front of the bytes,
// in the clear, and is authenticated with them, so that no part of it can be changed or exchanged:
//
//     offset  bytes
//     0       7       C1 66 6D 73 65 61 6C: no value of msgpack begins with C1
//     7       1       version of the format, 1
//     8       1       kind: 1 arguments, 2 result, 3 error, 4 note of progress
//     9       8       id of the key
//     17      24      nonce
//     41      16      id of the task, as its submitter gave it
//     57              arguments: signature (8 bytes, the highest first), length of the queue's name (1), this name,
//                     length of the task's name (1), this name. Other kinds: nonce of the arguments (24)
//     …               the sealed bytes, and 16 bytes that authenticate them and the head
//
// Pure but for the wiping of keys. Any thread.
#pragma once

#include <forkmill/task_id.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/payload.h"
#include "proto/result.h"

namespace forkmill::proto {

// SealKeyId: names a key in the open. Derived from the key, so that two keys have two ids.
struct SealKeyId {
  std::array<std::uint8_t, 8> bytes{};
  friend auto operator<=>(const SealKeyId&, const SealKeyId&) = default;
};
// Returns 16 hexadecimal digits.
std::string to_string(const SealKeyId& id);

using SealNonce = std::array<std::uint8_t, 24>;

// SealKey: the keys that are derived from one secret: one that seals, and one that makes nonces. Wiped when it is
// destroyed.
class SealKey {
 public:
  using Secret = std::array<std::uint8_t, 32>;

  explicit SealKey(const Secret& secret);
  SealKey(const SealKey&) = default;
  SealKey& operator=(const SealKey&) = default;
  ~SealKey();

  const SealKeyId& id() const { return id_; }
  const Secret& box_key() const { return box_key_; }
  const Secret& nonce_key() const { return nonce_key_; }

 private:
  SealKeyId id_;
  Secret box_key_{};
  Secret nonce_key_{};
};

enum class SealedKind : std::uint8_t { arguments = 1, result = 2, error = 3, progress = 4 };

// SealedHead: the part in front of sealed bytes.
struct SealedHead {
  SealedKind kind = SealedKind::arguments;
  SealKeyId key;
  SealNonce nonce{};
  TaskId task;
  SealNonce arguments{};        // all kinds but arguments: the nonce of the arguments that this answers
  std::uint64_t signature = 0;  // arguments; 0: none
  std::string_view queue{};     // arguments; at most limits::kMaxName bytes, as `name`
  std::string_view name{};      // arguments: of the task
  std::size_t size = 0;         // in bytes; set by read_sealed_head()
};

// Whether the bytes begin as sealed ones do, of this version of the format or another one.
bool is_sealed(std::string_view bytes);

// Reads the head, which nothing vouches for until open_box() has opened the box. The names are views into `sealed`.
// Fails with seal_broken for bytes that are no box of this version.
Result<SealedHead> read_sealed_head(std::string_view sealed);

// Returns the number of bytes of a box with that many bytes in it.
std::size_t sealed_size(const SealedHead& head, std::size_t clear);

// Seals the bytes under head.nonce, which must never stand for other bytes under the same key. Sets the key's id
// itself.
Payload seal_box(const SealKey& key, const SealedHead& head, std::string_view clear);

// Returns a nonce from the system's entropy.
SealNonce random_nonce();
// Returns a nonce that is a function of key, head and bytes, so that equal submissions are equal boxes.
SealNonce nonce_of_content(const SealKey& key, const SealedHead& head, std::string_view clear);

// Opens a box whose head was read from it. Returns nullopt if the key is another one, or if any byte was changed.
std::optional<Payload> open_box(const SealKey& key, const SealedHead& head, std::string_view sealed);

}  // namespace forkmill::proto
