# 科技大市场: make run starts the market with sample data, make test runs every check. Both need Go and Node only.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run build lint test race bench screens fmt tools assets

REVISION := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
GOBUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X techmarket/internal/app.revision=$(REVISION)"

# The linter is pinned with its sums in a module file of its own: it is no part of the program.
LINT := go tool -modfile=deploy/lint.mod golangci-lint

help:
	@echo 'make run      构建并运行市场（首次装入样例），http://localhost:8080，Ctrl-C 停止；SEMANTIC=1 加上语义匹配'
	@echo 'make test     格式、静态检查和全部测试'
	@echo 'make build    只构建 bin/techmarket'
	@echo 'make bench    测量并打印性能表'
	@echo 'make screens  给每个页面截图，写入 screens/'
	@echo 'make race     并发检查（需要 gcc）'
	@echo 'make fmt      整理代码格式'

run: build
	@TECHMARKET_LOG_LEVEL=$${TECHMARKET_LOG_LEVEL:-warn} exec bin/techmarket serve --demo $(if $(filter-out 0,$(SEMANTIC)),--semantic)

build: assets
	@mkdir -p bin
	$(GOBUILD) -o bin/techmarket ./cmd/techmarket

lint: assets
	$(LINT) run

test: assets
	@unformatted=$$(gofmt -l cmd internal migrations search web); \
	if [ -n "$$unformatted" ]; then echo "格式不整齐，请运行 make fmt：" >&2; echo "$$unformatted" >&2; exit 1; fi
	go vet ./...
	go tool staticcheck ./...
	go test -timeout 20m ./...

race: assets
	go test -race -timeout 12m ./internal/platform/cache ./internal/platform/jobs ./search/...

bench: build
	go test ./internal/e2e -run '^$$' -bench 'Server|Engines|Live' -benchtime 1x -timeout 180m -v
	@if [ -n "$$TECHMARKET_EVAL_REAL" ]; then \
		bin/techmarket eval --corpus "$$TECHMARKET_BENCH_CORPUS" --queries "$$TECHMARKET_EVAL_REAL/queries.dev.jsonl" --depth 100; \
		bin/techmarket eval --corpus "$$TECHMARKET_EVAL_REAL/human_corpus.jsonl" \
			--queries "$$TECHMARKET_EVAL_REAL/human_queries.dev.jsonl" --depth 100; fi
	go test ./internal/certify/registry -run '^$$' -bench 'Desk|Certificate' -benchtime 300x -timeout 60m
	go test ./internal/certify/registry -run '^$$' -bench Export -benchtime 1x -timeout 60m
	TECHMARKET_SCANS=60 go test ./internal/certify/extract -run 'SixtyContracts|Scans' -bench . -timeout 60m -v
	go test ./internal/certify/recognition ./internal/certify/ledger ./internal/platform/document -run '^$$' -bench . -timeout 60m

screens: build
	TECHMARKET_SCREENS="$(CURDIR)/screens" go test ./internal/e2e -run TestScreens -count 1 -timeout 30m -v

fmt:
	gofmt -w cmd internal migrations search web

assets: tools node_modules/.package-lock.json
	@go generate ./web/assets

node_modules/.package-lock.json: package.json package-lock.json | tools
	@npm ci --no-audit --no-fund --loglevel=error || { \
	  echo '没有取到网页资源和内置 PostgreSQL：请检查网络和 npm 的 registry 设置（npm config get registry），再运行一次。' >&2; exit 1; }
	@touch $@

tools:
	@command -v go >/dev/null || { echo '没有找到 Go。请安装 Go 1.26 以上（https://go.dev/dl/），并确认 go 在 PATH 里。' >&2; exit 1; }
	@v=$$(go env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p'); [ "$${v:-0}" -ge 26 ] || { \
	  echo "Go 太旧（$$(go version 2>&1 | tail -1)）。请安装 Go 1.26 以上（https://go.dev/dl/）。" >&2; exit 1; }
	@command -v node >/dev/null && command -v npm >/dev/null || { \
		echo '没有找到 Node.js 和 npm。请安装 Node.js 20 以上（https://nodejs.org/）。' >&2; exit 1; }
	@v=$$(node -p 'process.versions.node.split(".")[0]'); [ "$$v" -ge 20 ] || { \
	  echo "Node.js 太旧（$$(node -v)）。请安装 Node.js 20 以上（https://nodejs.org/）。" >&2; exit 1; }
