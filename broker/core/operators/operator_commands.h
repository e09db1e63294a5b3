// Operator commands: queries that change something. A client that has no answer asks again in its next session, under
// the same number: it gets the answer that was lost on the way, and nothing is done twice. Answers are kept in memory,
// for as long as the client is known.
#pragma once

#include <optional>
#include <string_view>

#include "broker/core/state/session.h"

namespace forkmill::broker {

bool is_operator_command(const proto::Query& query);

// The id, or the beginning of one, of the task that the query is about. Empty: queries of its kind name none.
std::optional<std::string_view> task_named_by(const proto::Query& query);

// The answer to this command in an earlier session; null: it has none.
const proto::Reply* answered_before(const Client& client, const proto::Query& query);
void note_answer(Client& client, const proto::Query& query, const proto::Reply& reply);

}  // namespace forkmill::broker
