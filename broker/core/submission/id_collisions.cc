#include "broker/core/submission/id_collisions.h"

#include <sodium/crypto_generichash_blake2b.h>

#include <algorithm>
#include <array>
#include <utility>

#include "broker/core/state/task_visibility.h"

namespace forkmill::broker {

namespace {

// Returns a UUID of version 8 that no peer can foresee, since the number of the next task is not known before.
TaskId derived(const std::string& principal, const TaskId& id, std::uint64_t number) {
  std::string text{id.bytes().begin(), id.bytes().end()};
  for (std::size_t i = 0; i < sizeof number; ++i) text += static_cast<char>(number >> (8 * i));
  text += principal;
  std::array<unsigned char, crypto_generichash_blake2b_BYTES_MIN> hash{};
  crypto_generichash_blake2b(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                             nullptr, 0);
  TaskId::Bytes bytes{};
  std::copy_n(hash.begin(), bytes.size(), bytes.begin());
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x80U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
  return TaskId{bytes};
}

}  // namespace

void use_id_in_table(const Client& client, proto::Submission& submission) {
  const TaskId id = id_in_table(client, submission.id);
  if (id == submission.id) return;
  // The task may be a dead letter whose key is free again: the submission takes its place, under both ids.
  submission.edit().owners_id = std::exchange(submission.id, id);
}

bool is_id_collision(const Client& client, const Task* known, const std::optional<PagedOutEntry>& paged_out) {
  if (known != nullptr) return !owns(client, *known);
  return paged_out && !owns(client, *paged_out);
}

void rename(const BrokerState& state, const Client& client, proto::Submission& submission) {
  const TaskId named = submission.id;
  std::uint64_t number = state.tasks.last_number().value();
  const auto is_taken = [&](const TaskId& id) { return state.tasks.find(id) || state.tasks.find_paged_out(id); };
  do {
    submission.id = derived(client.session.principal, named, ++number);
  } while (is_taken(submission.id));
  submission.edit().owners_id = named;
}

}  // namespace forkmill::broker
