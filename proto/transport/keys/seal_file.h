// Files of seal keys (proto/seal/key_ring.h): reading them, and the steps of a rotation. A file is read as that of a
// secret key is: no symbolic link, of this user or root, and readable to its owner only. A change replaces the file in
// one step for all readers, and keeps comments.
//
// Thread-safe. Fails, with what to do, for a file that cannot be trusted or makes no sense.
#pragma once

#include <memory>
#include <string>

#include "proto/result.h"
#include "proto/seal/task_seals.h"

namespace forkmill::proto {

// Returns null for an empty path.
Result<std::shared_ptr<const TaskSeals>> read_seal_keys(const std::string& path);

// These return the id of the key as text.
//
// Creates the file with one new key of these queues, which are patterns with commas between. Fails if it exists.
Result<std::string> create_seal_file(const std::string& path, const std::string& queues);
// Adds a new key behind all others, so that it opens, and seals nothing yet where there is another one.
Result<std::string> add_seal_key(const std::string& path, const std::string& queues);
// Puts the key in front of all others, so that it seals.
Result<std::string> put_seal_key_first(const std::string& path, const std::string& id);
// Removes the key. Fails if it is the only one.
Result<std::string> drop_seal_key(const std::string& path, const std::string& id);

}  // namespace forkmill::proto
