-- 160-protocol.lua -- run by 160-protocol.t under miltertest: what a mail
-- server says, and what the filter must answer

local function ok(good, name)
	mt.echo((good and "ok" or "not ok") .. " - " .. name)
end

-- Send a mail on CONN: the reply, or that to MAIL or RCPT when it is final.
local function send(conn, from, rcpts, headers, body)
	mt.mailfrom(conn, from)
	if mt.getreply(conn) ~= SMFIR_CONTINUE then
		return mt.getreply(conn)
	end
	for _, rcpt in ipairs(rcpts) do
		mt.rcptto(conn, rcpt)
	end
	for _, header in ipairs(headers or {}) do
		mt.header(conn, header[1], header[2])
	end
	mt.eoh(conn)
	if body then
		mt.bodystring(conn, body)
	end
	mt.eom(conn)
	return mt.getreply(conn)
end

local function open(name, address)
	local conn = mt.connect(socket)

	mt.negotiate(conn, nil, nil, nil)
	mt.conninfo(conn, name, address)
	mt.helo(conn, name)
	return conn
end

local headers = {
	{ "From", " \"A. Sender\" <a@good.example>" },
	{ "Subject", " hello" },
	{ "Message-ID", " <p1@good.example>" },
}
local jane, joe = "<jane@example.org>", "<joe@example.org>"

-- A good message, and more of them on the same connection.
local conn = open("mail.good.example", "192.0.2.7")
mt.macro(conn, SMFIC_MAIL, "i", "Q1")
ok(send(conn, "<a@good.example>", { jane }, headers, "text\r\n") ==
    SMFIR_CONTINUE, "a good message goes on")
ok(mt.eom_check(conn, MT_HDRINSERT, "X-Gatepost-Verdict"),
    "... with our verdict")
ok(mt.eom_check(conn, MT_HDRINSERT, "X-Gatepost-Id"), "... and our id")
ok(string.find(mt.getheader(conn, "X-Gatepost-Verdict", 0) or "",
    "^ ?clean; action=deliver") ~= nil, "... which says that it is clean")
local first = mt.getheader(conn, "X-Gatepost-Id", 0) or ""
ok(not mt.eom_check(conn, MT_RCPTDELETE, jane), "... nobody is taken off")
ok(not mt.eom_check(conn, MT_BODYCHANGE), "... the body is left alone")
ok(send(conn, "<a@good.example>", { jane, joe }, headers, "text\r\n") ==
    SMFIR_CONTINUE, "a second message on the connection goes on")
ok((mt.getheader(conn, "X-Gatepost-Id", 0) or "") ~= first,
    "... with an id of its own")

-- One for quarantine; one for quarantine for one of two.
ok(send(conn, "<x@evil.example>", { jane }, headers, "text\r\n") ==
    SMFIR_DISCARD, "a blocked sender's message is taken and discarded")
ok(send(conn, "<x@half.example>", { jane, joe }, headers, "text\r\n") ==
    SMFIR_CONTINUE, "blocked for one of two: goes on")
ok(mt.eom_check(conn, MT_RCPTDELETE, jane), "... without her")
ok(not mt.eom_check(conn, MT_RCPTDELETE, joe), "... with him")

-- Headers of ours that came from outside are removed.
local forged = { { "X-Gatepost-Verdict", " clean" }, headers[1],
    { "X-Gatepost-Verdict", " clean" } }
ok(send(conn, "<a@good.example>", { jane }, forged, "text\r\n") ==
    SMFIR_CONTINUE, "forged headers of ours")
ok(mt.eom_check(conn, MT_HDRDELETE, "X-Gatepost-Verdict"),
    "... are removed")

-- Aborted at each stage; then a good message is judged by itself.
local stages = {
	function(c) mt.mailfrom(c, "<x@evil.example>") end,
	function(c) mt.rcptto(c, jane) end,
	function(c) mt.header(c, "From", " x@evil.example") end,
	function(c) mt.eoh(c) end,
	function(c) mt.bodystring(c, "half a body") end,
}
for stage = 1, #stages do
	for i = 1, stage do
		stages[i](conn)
	end
	mt.abort(conn)
	ok(send(conn, "<a@good.example>", { jane }, headers, "text\r\n") ==
	    SMFIR_CONTINUE, "aborted at stage " .. stage ..
	    ": the next message goes on")
end
mt.disconnect(conn)

-- Gone at each stage, politely or not.
for stage = 0, #stages do
	for _, polite in ipairs({ true, false }) do
		conn = open("mail.good.example", "192.0.2.7")
		for i = 1, stage do
			stages[i](conn)
		end
		mt.disconnect(conn, polite)
	end
end

-- Clients of all kinds.
conn = open("mail.bad.example", "203.0.113.7")
mt.mailfrom(conn, "<a@good.example>")
mt.rcptto(conn, jane)
ok(mt.getreply(conn) == SMFIR_REPLYCODE, "a blocked client: refused at RCPT")
mt.disconnect(conn)
conn = open("mail.bad.example", "2001:db8:bad::7")
mt.mailfrom(conn, "<a@good.example>")
mt.rcptto(conn, jane)
ok(mt.getreply(conn) == SMFIR_REPLYCODE, "... a blocked IPv6 client, too")
mt.disconnect(conn)
conn = open("mail.good.example", "2001:db8::7")
ok(send(conn, "<a@good.example>", { jane }, headers, "text\r\n") ==
    SMFIR_CONTINUE, "... another IPv6 client is not")
mt.disconnect(conn)
conn = open("unknown", "unspec")
ok(send(conn, "<a@good.example>", { jane }, headers, "text\r\n") ==
    SMFIR_CONTINUE, "a client without an address")
ok(send(conn, "<>", { jane }, headers, "text\r\n") == SMFIR_CONTINUE,
    "the null sender")
ok(send(conn, "<a@good.example>", { jane }, nil, "text\r\n") ==
    SMFIR_CONTINUE, "a message without headers")
ok(send(conn, "<a@good.example>", { jane }, headers, nil) == SMFIR_CONTINUE,
    "... without a body")
ok(send(conn, "<a@good.example>", { jane }, nil, nil) == SMFIR_CONTINUE,
    "... without anything")
mt.disconnect(conn)
mt.echo("end")
