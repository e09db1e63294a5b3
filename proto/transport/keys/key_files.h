// Keys of brokers, workers and clients: pairs of CURVE25519 keys, in files and as text. As text, a key is 64
// hexadecimal digits. A secret key stands in a file only, never on a command line or in the environment:
//
//     # Secret key of forkmill: keep it to its owner.            FILE, mode 0600
//     secret 5e5f…
//
//     public 8c1d…                                               FILE.pub
//
// Thread-safe.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/result.h"

namespace forkmill::proto {

struct Key {
  std::array<std::uint8_t, 32> bytes{};
  friend auto operator<=>(const Key&, const Key&) = default;
};

std::string to_string(const Key& key);
// Returns nullopt unless `text` is 64 hexadecimal digits.
std::optional<Key> parse_key(std::string_view text);

struct KeyPair {
  Key public_key;
  Key secret_key;
};

// Returns a new pair, from the system's entropy.
KeyPair make_key_pair();
// Returns the pair that a secret key belongs to.
KeyPair key_pair_of(const Key& secret);

// Writes the secret key to `path` with mode 0600 and the public one to `path`.pub. Fails, and changes nothing, if one
// of the files exists.
Status write_key_pair(const std::string& path, const KeyPair& pair);

// Creates a file of keys with that content, as safe on disk as the file system makes it. Fails if the file exists.
Status create_key_file(const std::string& path, unsigned mode, const std::string& text);

// Reads a file with a secret key. Fails, with what to do, if the file is a symbolic link, belongs to another user, can
// be read by others, or has no secret key.
Result<KeyPair> read_key_pair(const std::string& path);

// Returns the public key that `text` is, or that the file of this name has.
Result<Key> read_public_key(const std::string& text);

// Reads a file on which the identity of peers depends. Fails, with what to do, if it is a symbolic link or no regular
// file, is larger than 1 MiB, belongs to another user than this one or root, or if others may write it; with `secret`
// also if others may read it.
Result<std::string> read_trusted_file(const std::string& path, bool secret);

// The keys of a connection to a broker.
struct CurveKeys {
  Key broker;  // the public key that the broker must prove to have the secret key of
  KeyPair own;
};

// Reads the options of a client or worker: the broker's public key or its file, and the file of the own secret key.
// Returns nullopt if both are empty, or if `endpoint` is not TCP. Fails if one of them is missing or wrong.
Result<std::optional<CurveKeys>> read_curve_keys(const std::string& endpoint, const std::string& server_public_key,
                                                 const std::string& key_file);

}  // namespace forkmill::proto
