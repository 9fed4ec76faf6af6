# git with git-lfs: clone, history, push, tag, pull of what came by the API. Ids are those of the API.
set -euo pipefail
folder=$1 name=$2 python=$3
export HOME=$folder GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0
git config --global user.name Operator
git config --global user.email operator@example.org
git config --global init.defaultBranch main
git lfs install --skip-repo
api() { "$python" -c "from huggingface_hub import HfApi; api = HfApi(); $1"; }
api "api.create_repo('$name'); api.upload_file(path_or_fileobj=b'one', path_in_repo='one.txt', repo_id='$name')"
address=${HF_ENDPOINT/:\/\//://operator:$HF_TOKEN@}/$name
git clone -q "$address" "$folder/clone"
cd "$folder/clone"
test "$(git rev-parse HEAD)" = "$(api "print(api.model_info('$name').sha)")"
git lfs track "*.bin"
cp "$folder/sub/large.bin" large.bin
git add -A && git commit -q -m "Add weights" && git tag v1
git push -q origin main v1
test "$(git rev-parse HEAD)" = "$(api "print(api.model_info('$name').sha)")"
test "$(git rev-parse v1)" = "$(api "print(api.list_repo_refs('$name').tags[0].target_commit)")"
cmp large.bin "$(api "print(api.hf_hub_download('$name', 'large.bin'))")"
api "api.upload_file(path_or_fileobj=b'two', path_in_repo='two.txt', repo_id='$name')"
git pull -q --ff-only
test "$(cat two.txt)" = two
git clone -q "$address" "$folder/again"
cmp "$folder/again/large.bin" large.bin
test "$(git -C "$folder/again" log --format=%H)" = "$(git log --format=%H)"
