#include "broker/key_changes.h"

#include <map>
#include <set>

namespace forkmill::broker {

namespace {

// All keys of a principal have the same roles and rights.
struct Entry {
  std::set<proto::Key> keys;
  proto::Roles roles;
  proto::Rights rights;
  friend bool operator==(const Entry&, const Entry&) = default;
};

std::map<std::string, Entry> by_principal(const proto::AuthorizedKeys& keys) {
  std::map<std::string, Entry> entries;
  for (const auto& [key, principal] : keys) {
    Entry& entry = entries[principal.name];
    entry.keys.insert(key);
    entry.roles = principal.roles;
    entry.rights = principal.rights;
  }
  return entries;
}

}  // namespace

KeyChanges changes_between(const proto::AuthorizedKeys& before, const proto::AuthorizedKeys& after) {
  const auto old_entries = by_principal(before);
  const auto new_entries = by_principal(after);
  KeyChanges changes;
  for (const auto& [name, entry] : new_entries) {
    const auto old = old_entries.find(name);
    if (old == old_entries.end())
      changes.added.push_back(name);
    else if (old->second != entry)
      changes.changed.push_back(name);
  }
  for (const auto& [name, entry] : old_entries)
    if (!new_entries.contains(name)) changes.removed.push_back(name);
  return changes;
}

}  // namespace forkmill::broker
