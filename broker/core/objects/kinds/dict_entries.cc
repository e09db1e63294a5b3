#include "broker/core/objects/kinds/dict_entries.h"

#include <tuple>
#include <utility>

#include "broker/core/objects/base/record_packing.h"

namespace forkmill::broker {

using proto::Payload;

const DictEntries::Entry* DictEntries::find(std::string_view key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

void DictEntries::put(std::string_view key, Payload value) {
  const auto [place, made] = entries_.try_emplace(std::string{key});
  Entry& entry = place->second;
  if (made) {
    entry.number = ++last_number_;
    order_.emplace(entry.number, &place->first);
    bytes_ += key.size();
  }
  bytes_ += value.size();
  bytes_ -= entry.value.size();
  entry.value = std::move(value);
  if (durable_) unsaved_.insert(place->first);
}

void DictEntries::erase(const std::string& key) {
  const auto found = entries_.find(key);
  const Entry& entry = found->second;
  bytes_ -= key.size() + entry.value.size();
  order_.erase(entry.number);
  if (entry.record) erased_.push_back(entry.record);
  unsaved_.erase(key);
  entries_.erase(found);
}

void DictEntries::clear() {
  for (const auto& [key, entry] : entries_)
    if (entry.record) erased_.push_back(entry.record);
  entries_.clear();
  order_.clear();
  unsaved_.clear();
  bytes_ = 0;
}

void DictEntries::drain_parts(ObjectId dict, std::vector<StoreOp>& ops, const DurableState::NextNumber& next) {
  // Entries are written in the order of their numbers, so that a second run from the same seed makes the same records.
  Order sorted;
  for (const std::string& key : unsaved_) sorted.emplace(entries_.at(key).number, &key);
  for (const auto& one : sorted) {
    const std::string& key = *one.second;
    Entry& entry = entries_.at(key);
    if (!entry.record) entry.record = next();
    ops.emplace_back(PutRecord{entry.record, pack_record(RecordType::part, [&](DurableState::Packer& packer) {
                                 packer.pack_array(4);
                                 packer.pack(dict.value());
                                 packer.pack(entry.number);
                                 pack_payload(packer, Payload::copy(key));
                                 pack_payload(packer, entry.value);
                               })});
  }
  unsaved_.clear();
  for (const proto::TaskSeq seq : std::exchange(erased_, {})) ops.emplace_back(EraseRecord{seq});
}

void DictEntries::load_part(proto::TaskSeq seq, const msgpack::object& record) {
  const auto [object, number, key, value] =
      record.as<std::tuple<std::uint64_t, std::uint64_t, msgpack::type::raw_ref, msgpack::type::raw_ref>>();
  const auto place = entries_.try_emplace(std::string{key.ptr, key.size}).first;
  place->second = {number, Payload::copy({value.ptr, value.size}), seq};
  order_.emplace(number, &place->first);
  bytes_ += key.size + value.size;
}

std::vector<proto::TaskSeq> DictEntries::part_records() const {
  std::vector<proto::TaskSeq> all = erased_;
  for (const auto& [key, entry] : entries_)
    if (entry.record) all.push_back(entry.record);
  return all;
}

}  // namespace forkmill::broker
