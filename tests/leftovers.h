// Named objects and tasks that are left at a broker when everything has ended. For tests that end with nothing.
#pragma once

#include <forkmill/client.h>
#include <forkmill/serialize.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace forkmill::tests {

// Returns one line for each named object of the broker, with its kind, holders and waiters, and one for each queue with
// tasks that have not ended. Empty: there is nothing. Blocks for two round trips.
inline std::string leftovers(Client& client) {
  using Map = std::map<std::string, msgpack::object>;
  const auto rows_of = [](const RawResult& answer, const char* key, auto&& visit) {
    const auto handle = msgpack::unpack(answer.bytes.data(), answer.bytes.size());
    for (const auto& row : handle.get().as<Map>().at(key).as<std::vector<Map>>()) visit(row);
  };
  std::string lines;
  rows_of(client.query(QueryKind::objects).get(), "objects", [&](const Map& row) {
    lines += row.at("kind").as<std::string>() + " " + row.at("name").as<std::string>() + ", held " +
             std::to_string(row.at("held").as<std::uint64_t>()) + ", waiting " +
             std::to_string(row.at("waiting").as<std::uint64_t>()) + "\n";
  });
  rows_of(client.query(QueryKind::queues).get(), "queues", [&](const Map& row) {
    const auto tasks = row.at("ready").as<std::uint64_t>() + row.at("running").as<std::uint64_t>() +
                       row.at("scheduled").as<std::uint64_t>();
    if (tasks > 0) lines += std::to_string(tasks) + " tasks of queue " + row.at("name").as<std::string>() + "\n";
  });
  return lines;
}

}  // namespace forkmill::tests
