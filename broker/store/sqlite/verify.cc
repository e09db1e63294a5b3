#include "broker/store/sqlite/verify.h"

#include "broker/store/sqlite/row_scan.h"
#include "broker/store/sqlite/tables.h"

namespace forkmill::broker {

namespace {

constexpr std::size_t kMaxFindings = 1000;  // findings of one kind; a longer list helps no reader

std::vector<std::string> verify_structure(Database& database, const std::string& file) {
  std::vector<std::string> findings;
  Statement check{database, "PRAGMA integrity_check"};
  while (check.step()) {
    const std::string text{check.bytes(0)};
    if (text != "ok") findings.push_back(file + ": " + text);
  }
  return findings;
}

}  // namespace

std::vector<std::string> verify_database(Database& database, const Meta& meta, const std::string& file) {
  std::vector<std::string> findings = verify_structure(database, file);
  const std::size_t most = findings.size() + kMaxFindings;
  const auto on_damage = [&](const RowDamage& damage) {
    findings.push_back(damaged_row(file, damage.kind, damage.seq, damage.reason));
    return findings.size() < most;
  };
  RowCoder coder;
  const TableTotals found = scan_rows(
      database, coder, [](const TaskSummary&) {}, on_damage);
  if (findings.size() == most) return findings;
  const Total records = scan_records(
      database, coder, [](proto::TaskSeq, std::string_view) {}, on_damage);
  if (findings.size() == most) return findings;
  for (auto& difference : compare(meta.totals, found, file)) findings.push_back(std::move(difference));
  for (auto& difference : compare_records(meta.records, records, file)) findings.push_back(std::move(difference));
  return findings;
}

proto::Epoch far_beyond(proto::Epoch epoch) { return proto::Epoch{epoch.value() + 1'000'000}; }

}  // namespace forkmill::broker
