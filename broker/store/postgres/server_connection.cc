#include "broker/store/postgres/server_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace forkmill::broker {

namespace {

using namespace std::chrono_literals;

constexpr int kBinary = 1;
constexpr auto kLookUp = 200ms;  // how often a wait looks whether the patience is over
constexpr auto kHurry = 1s;      // the longest wait afterwards

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

// Returns whether a transaction that failed with this SQLSTATE may succeed later: connection, resources, operator,
// conflict, lock, a server that has just become a standby, a pause within a transaction, no standbys any longer
// (kNoStandbys), and a commit that was made after all (kNotLast).
bool passes(const std::string& state) {
  constexpr std::string_view kClasses[] = {"08", "53", "57", "40", "55"};
  const auto is_of = [&](std::string_view one) { return state.starts_with(one); };
  constexpr std::string_view kPassing[] = {"25006", "25P03", "FM002", "FM003"};
  return std::find(std::begin(kPassing), std::end(kPassing), state) != std::end(kPassing) ||
         std::any_of(std::begin(kClasses), std::end(kClasses), is_of);
}

}  // namespace

// ---- Rows -----------------------------------------------------------------------------------------------------------

Rows::Rows(pg_result* result, std::string tag) : result_{result, PQclear}, tag_{std::move(tag)} {}

int Rows::size() const { return PQntuples(result_.get()); }
bool Rows::is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }

std::uint64_t Rows::number(int row, int column) const {
  const std::string_view value = bytes(row, column);
  return get_big_endian(value.data(), value.size());
}

std::string_view Rows::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::string_view Rows::tag() const { return tag_.empty() ? PQcmdStatus(result_.get()) : std::string_view{tag_}; }

void Rows::fail() const {
  const std::string state = field(result_.get(), PG_DIAG_SQLSTATE);
  std::string text = field(result_.get(), PG_DIAG_MESSAGE_PRIMARY);
  if (text.empty()) text = without_line_end(PQresultErrorMessage(result_.get()));
  fail_statement(text, state);
}

void fail_statement(const std::string& text, const std::string& state) {
  if (state.empty() || passes(state)) throw Interrupted{text, state};
  throw SqlError{text, state};
}

Rows ServerSession::run(const std::string& text, const Parameters& parameters) {
  send_sql(text, parameters);
  return std::move(finish().front());
}

// ---- The connection -------------------------------------------------------------------------------------------------

ServerConnection::ServerConnection(const ServerAddress& address, const Patience& patience)
    : patience_{patience}, connection_{nullptr, PQfinish} {
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : address.parameters()) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectdbParams(keys.data(), values.data(), 0));
  if (PQstatus(connection_.get()) != CONNECTION_OK) throw Interrupted{error()};
  PQsetNoticeReceiver(
      connection_.get(), [](void* self, const PGresult* notice) { static_cast<ServerConnection*>(self)->note(notice); },
      this);
  if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) != 1)
    throw Interrupted{error()};
}

ServerConnection::~ServerConnection() = default;

int ServerConnection::server_process() const { return PQbackendPID(connection_.get()); }

std::string ServerConnection::error() const { return without_line_end(PQerrorMessage(connection_.get())); }

void ServerConnection::note(const PGresult* notice) {
  // Severity and text may be in any language, but this field is not.
  if (field(notice, PG_DIAG_SEVERITY_NONLOCALIZED) == "WARNING") warning_ = field(notice, PG_DIAG_MESSAGE_PRIMARY);
}

void ServerConnection::check(int sent) {
  if (sent != 1) throw Interrupted{error()};
}

void ServerConnection::prepare(const ServerStatement& statement) {
  if (statement.name.empty() || !prepared_.insert(statement.name).second) return;
  check(PQsendPrepare(connection_.get(), statement.name.c_str(), statement.text.c_str(), 0, nullptr));
  queued_.push_back(false);
}

void ServerConnection::send(const ServerStatement& statement, const Parameters& parameters) {
  prepare(statement);
  check(statement.name.empty()
            ? PQsendQueryParams(connection_.get(), statement.text.c_str(), parameters.count(), nullptr,
                                parameters.values(), parameters.lengths(), parameters.formats(), kBinary)
            : PQsendQueryPrepared(connection_.get(), statement.name.c_str(), parameters.count(), parameters.values(),
                                  parameters.lengths(), parameters.formats(), kBinary));
  queued_.push_back(true);
}

std::vector<Rows> ServerConnection::finish() {
  check(PQpipelineSync(connection_.get()));
  flush();
  const auto end = Clock::now() + patience_.answer();
  std::vector<Rows> results;
  std::optional<Rows> failure;
  for (;;) {
    pg_result* result = next_result(end);
    if (result == nullptr) continue;  // between two statements
    Rows rows{result};
    const auto status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) break;
    const bool is_wanted = !queued_.empty() && queued_.front();
    if (!queued_.empty()) queued_.pop_front();
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
      if (is_wanted) results.push_back(std::move(rows));
    } else if (status != PGRES_PIPELINE_ABORTED && !failure) {
      failure = std::move(rows);
    }
  }
  if (failure) failure->fail();
  return results;
}

void ServerConnection::forget_statements() {
  prepared_.clear();
  run("DEALLOCATE ALL");
}

void ServerConnection::stream(const ServerStatement& statement, const Parameters& parameters,
                              const std::function<void(const Rows&)>& visit) {
  if (!statement.name.empty() && !prepared_.contains(statement.name)) {
    prepare(statement);
    static_cast<void>(finish());
  }
  send(statement, parameters);
  queued_.clear();
  check(PQpipelineSync(connection_.get()));
  check(PQsetSingleRowMode(connection_.get()));
  flush();
  for (;;) {
    pg_result* result = next_result(Clock::now() + patience_.answer());
    if (result == nullptr) continue;
    const Rows rows{result};
    const auto status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) return;
    if (status == PGRES_SINGLE_TUPLE)
      visit(rows);
    else if (status != PGRES_TUPLES_OK)
      rows.fail();
  }
}

// ---- Waiting --------------------------------------------------------------------------------------------------------

void ServerConnection::flush() {
  const auto end = Clock::now() + patience_.answer();
  for (;;) {
    const int left = PQflush(connection_.get());
    if (left < 0) throw Interrupted{error()};
    if (left == 0) return;
    wait(end, true);
  }
}

void ServerConnection::wait(Clock::time_point end, bool writes) {
  pollfd socket{PQsocket(connection_.get()), static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN), 0};
  const auto begin = Clock::now();
  for (;;) {
    const auto left = end - Clock::now();
    if (left <= 0ms) throw Interrupted{"the server has not answered in time"};
    if (patience_.is_over() && Clock::now() - begin >= kHurry)
      throw StoreError{"the broker was stopped while the server did not answer"};
    const auto most = std::chrono::ceil<std::chrono::milliseconds>(std::min<Clock::duration>(left, kLookUp));
    const int ready = ::poll(&socket, 1, static_cast<int>(most.count()));
    if (ready > 0) break;
    if (ready < 0 && errno != EINTR) throw Interrupted{"poll has failed"};
  }
  if ((socket.revents & ~POLLOUT) != 0 && PQconsumeInput(connection_.get()) != 1) throw Interrupted{error()};
}

pg_result* ServerConnection::next_result(Clock::time_point end) {
  while (PQisBusy(connection_.get()) == 1) wait(end, false);
  pg_result* result = PQgetResult(connection_.get());
  if (result == nullptr && PQstatus(connection_.get()) != CONNECTION_OK) throw Interrupted{error()};
  return result;
}

}  // namespace forkmill::broker
