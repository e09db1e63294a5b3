#include "tests/sim/postgres/database.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "broker/store/postgres/parameters.h"

namespace forkmill::sim {

namespace {

constexpr std::size_t kArrayHeader = 20;
constexpr std::size_t kArrayLengthAt = 12;

std::uint64_t number_in(std::string_view bytes) { return broker::get_big_endian(bytes.data(), bytes.size()); }

// The elements of an array parameter.
std::vector<std::string> elements(const std::string& array) {
  std::vector<std::string> all;
  std::string_view rest = std::string_view{array}.substr(kArrayHeader);
  for (auto count = number_in(std::string_view{array}.substr(kArrayLengthAt, 4)); count > 0; --count) {
    const auto size = number_in(rest.substr(0, 4));
    all.emplace_back(rest.substr(4, size));
    rest.remove_prefix(4 + size);
  }
  return all;
}

std::vector<std::uint64_t> numbers(const std::string& array) {
  std::vector<std::uint64_t> all;
  for (const std::string& element : elements(array)) all.push_back(number_in(element));
  return all;
}

// Name: "put_new" and 7 of "put_new_7". A name without a span has span 0.
struct Name {
  std::string what;
  std::uint64_t span = 0;
};

Name name_of(const Command& command) {
  const auto end = command.name.find_last_not_of("0123456789");
  if (end == std::string::npos || end + 1 == command.name.size()) return {command.name};
  return {command.name.substr(0, end), std::stoull(command.name.substr(end + 1))};
}

SpanRows& span_at(Database& database, std::uint64_t span) {
  const auto found = database.spans.find(span);
  if (found == database.spans.end())
    throw Refusal{"relation \"forkmill.task_1_" + std::to_string(span) + "\" does not exist", "42P01"};
  return found->second;
}

void put_rows(std::map<std::uint64_t, std::string>& rows, const Command& command, bool is_new) {
  const auto seqs = numbers(command.parameters.at(0));
  const auto data = elements(command.parameters.at(1));
  for (std::size_t i = 0; i < seqs.size(); ++i) {
    if (!rows.try_emplace(seqs[i], data[i]).second && is_new)
      throw Refusal{"duplicate key value violates unique constraint", "23505"};
  }
}

void change_span(SpanRows& span, const std::string& what, const Command& command) {
  const auto seqs = numbers(command.parameters.at(0));
  if (what == "put_new" || what == "put") return put_rows(span.tasks, command, what == "put_new");
  if (what == "finish") {
    const auto data = elements(command.parameters.at(1));
    const auto had = span.outcomes;
    for (std::size_t i = 0; i < seqs.size(); ++i)
      if (!span.outcomes.try_emplace(seqs[i], data[i]).second && !had.contains(seqs[i]))
        throw Refusal{"duplicate key value violates unique constraint", "23505"};
  } else if (what == "requeue") {
    const auto data = elements(command.parameters.at(1));
    for (std::size_t i = 0; i < seqs.size(); ++i)
      if (span.tasks.contains(seqs[i])) span.progressions[seqs[i]].requeued = data[i];
  } else if (what == "reschedule" || what == "dispatch") {
    const auto attempts = numbers(command.parameters.at(1));
    const bool is_reschedule = what == "reschedule";
    const auto due = is_reschedule ? numbers(command.parameters.at(2)) : std::vector<std::uint64_t>(seqs.size());
    for (std::size_t i = 0; i < seqs.size(); ++i) {
      if (!span.tasks.contains(seqs[i])) continue;
      auto& progress = span.progressions[seqs[i]];
      progress.attempts = attempts[i];
      progress.dispatched = !is_reschedule;
      if (is_reschedule) progress.due = due[i];
    }
  } else {
    const auto lasts = numbers(command.parameters.at(1));
    for (std::size_t i = 0; i < seqs.size(); ++i) {
      const auto erase = [&](auto& rows) { rows.erase(rows.lower_bound(seqs[i]), rows.upper_bound(lasts[i])); };
      if (what == "forget") erase(span.tasks);
      if (what == "forget_outcome") erase(span.outcomes);
      if (what == "forget_progression") erase(span.progressions);
    }
  }
}

std::vector<Value> task_row(const SpanRows& span, std::uint64_t seq, const std::string& data) {
  std::vector<Value> row{binary(seq), data, std::nullopt, std::nullopt, std::nullopt, std::nullopt, std::nullopt};
  if (const auto outcome = span.outcomes.find(seq); outcome != span.outcomes.end()) row[2] = outcome->second;
  if (const auto found = span.progressions.find(seq); found != span.progressions.end()) {
    row[3] = binary(found->second.attempts);
    row[4] = binary(found->second.due);
    row[5] = binary(found->second.dispatched ? 1 : 0, 1);
    row[6] = found->second.requeued;
  }
  return row;
}

Table query_span(const SpanRows& span, const std::string& what, const Command& command) {
  Table rows;
  if (what == "fetch") {
    for (const std::uint64_t seq : numbers(command.parameters.at(0)))
      if (const auto task = span.tasks.find(seq); task != span.tasks.end())
        rows.push_back(task_row(span, seq, task->second));
    return rows;
  }
  const std::uint64_t limit = command.number(1);
  if (what == "load") {
    for (auto task = span.tasks.upper_bound(command.number(0)); task != span.tasks.end() && rows.size() < limit; ++task)
      rows.push_back(task_row(span, task->first, task->second));
    return rows;
  }
  auto task = std::make_reverse_iterator(span.tasks.lower_bound(command.number(0)));
  for (; task != span.tasks.rend() && rows.size() < limit; ++task)
    rows.push_back(task_row(span, task->first, task->second));
  return rows;
}

bool is_one_of(const std::string& what, std::initializer_list<const char*> names) {
  return std::find(names.begin(), names.end(), what) != names.end();
}

}  // namespace

std::uint64_t Command::number(std::size_t index) const { return number_in(parameters.at(index)); }

std::string binary(std::uint64_t number, std::size_t size) {
  std::string bytes(size, '\0');
  broker::put_big_endian(bytes.data(), number, size);
  return bytes;
}

bool is_change(const Command& command) {
  return is_one_of(name_of(command).what, {"put_new", "put", "finish", "requeue", "reschedule", "dispatch", "forget",
                                           "forget_outcome", "forget_progression", "put_records", "erase_records"});
}

void change(Database& database, const Command& command) {
  const Name name = name_of(command);
  if (name.what == "put_records") {
    const auto seqs = numbers(command.parameters.at(0));
    const auto data = elements(command.parameters.at(1));
    for (std::size_t i = 0; i < seqs.size(); ++i) database.records.insert_or_assign(seqs[i], data[i]);
  } else if (name.what == "erase_records") {
    for (const std::uint64_t seq : numbers(command.parameters.at(0))) database.records.erase(seq);
  } else {
    change_span(span_at(database, name.span), name.what, command);
  }
}

bool is_query(const Command& command) {
  return is_one_of(name_of(command).what, {"load", "scan", "fetch", "load_records"}) ||
         command.text.starts_with("SELECT number FROM forkmill.span");
}

Table query(const Database& database, const Command& command) {
  Table rows;
  if (command.name.empty()) {
    for (const auto& span : database.spans) rows.push_back({binary(span.first)});
  } else if (command.name == "load_records") {
    const auto limit = command.number(1);
    for (auto record = database.records.upper_bound(command.number(0));
         record != database.records.end() && rows.size() < limit; ++record)
      rows.push_back({binary(record->first), record->second});
  } else {
    const Name name = name_of(command);
    const auto span = database.spans.find(name.span);
    if (span == database.spans.end())
      throw Refusal{"relation \"forkmill.task_1_" + std::to_string(name.span) + "\" does not exist", "42P01"};
    rows = query_span(span->second, name.what, command);
  }
  return rows;
}

}  // namespace forkmill::sim
