-- What wrk sends: METHOD PATH BODYBYTES TOKENS NAMES HEADER OFFSET BROWSER. TOKENS and
-- NAMES are files of lines; every pair of a token and a name (in HEADER) is one
-- request, in an order that strides over all of them.
local method, path, body, header, browser
local tokens, names, at = {}, {}, 0

local function read(file)
	local lines = {}
	if file ~= "-" then
		for line in io.lines(file) do lines[#lines + 1] = line end
	end
	return lines
end

local function with(token, name)
	local headers = { ["Authorization"] = "Bearer " .. token, ["Accept"] = "application/json", ["User-Agent"] = "wrk" }
	if browser then
		headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
		headers["Accept-Encoding"], headers["Accept-Language"] = "gzip, deflate, br, zstd", "en-GB,en;q=0.9"
		headers["Referer"], headers["Cookie"] = "http://127.0.0.1/calls", "theme=dark; lang=en"
		headers["Sec-Ch-Ua"] = '"Chromium";v="140", "Not=A?Brand";v="24"'
		headers["Sec-Ch-Ua-Mobile"], headers["Sec-Ch-Ua-Platform"] = "?0", '"Linux"'
		headers["Sec-Fetch-Dest"], headers["Sec-Fetch-Mode"], headers["Sec-Fetch-Site"] = "empty", "cors", "same-origin"
		headers["Cache-Control"], headers["Pragma"] = "no-cache", "no-cache"
	end
	if name then headers[header] = name end
	if body then headers["Content-Type"] = "application/octet-stream" end
	return wrk.format(method, path, headers, body)
end

function init(args)
	method, path, header, at = args[1], args[2], args[6], tonumber(args[7])
	browser = args[8] == "true"
	if tonumber(args[3]) > 0 then body = string.rep("x", tonumber(args[3])) end
	tokens, names = read(args[4]), read(args[5])
	local total = #tokens * math.max(#names, 1)
	if total == 1 then
		local only = with(tokens[1], names[1])
		request = function() return only end
		return
	end
	request = function()
		local pair = at
		if #names > 0 then pair = (at * 7919) % total end
		at = at + 1
		if #names == 0 then return with(tokens[pair % total + 1]) end
		return with(tokens[math.floor(pair / #names) + 1], names[pair % #names + 1])
	end
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
		latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
