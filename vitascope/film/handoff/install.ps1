# Puts the draft beside this script into Jianying or CapCut: install.ps1 [-Drafts FOLDER]
# It copies "draft", writes this computer's paths into it, and adds it to the app's list after a copy of that list.
param([string]$Drafts = "")
$ErrorActionPreference = "Stop"
$utf8 = New-Object System.Text.UTF8Encoding($false)
$here = Split-Path -Parent $MyInvocation.MyCommand.Path

function Stop-With([string]$message, [string]$hint) {
    Write-Host "error: $message" -ForegroundColor Red
    Write-Host "hint: $hint"
    exit 1
}

$Drafts = $Drafts.Trim('"')  # of "D:\Drafts\", whose last backslash hides the quote
if (-not $Drafts) {
    foreach ($app in "JianyingPro", "CapCut") {
        $place = Join-Path $env:LOCALAPPDATA "$app\User Data\Projects\com.lveditor.draft"
        if (-not $Drafts -and (Test-Path -LiteralPath $place)) { $Drafts = $place }
    }
}
if (-not $Drafts) { Stop-With "The app's folder of drafts was not found." 'Name it: install.ps1 -Drafts "D:\Drafts"' }
if (-not (Test-Path -LiteralPath $Drafts -PathType Container)) { Stop-With "There is no folder $Drafts." "Start the app once, or name another folder." }
if (-not (Test-Path -LiteralPath (Join-Path $here "draft\draft_content.json"))) { Stop-With "The draft is not beside this script." "Unpack the whole ZIP first." }
$root = (Resolve-Path -LiteralPath $Drafts).ProviderPath.TrimEnd('\')

$name = [System.IO.File]::ReadAllText((Join-Path $here "install\name.txt"), $utf8).Trim()
$free = $name
$number = 2
while (Test-Path -LiteralPath (Join-Path $root $free)) { $free = "$name $number"; $number++ }
$target = Join-Path $root $free
$work = Join-Path $root (".vitascope-" + [guid]::NewGuid().ToString("N"))
$index = Join-Path $root "root_meta_info.json"
$now = [int64](([DateTime]::UtcNow - [DateTime]"1970-01-01").TotalSeconds) * 1000000
$marks = @{
    "%VITASCOPE_FOLDER%" = $target.Replace('\', '/')
    "%VITASCOPE_ROOT%" = $root.Replace('\', '/')
    "%VITASCOPE_NAME%" = $free
    "%VITASCOPE_ID%" = [guid]::NewGuid().ToString().ToUpper()
    "%VITASCOPE_NOW%" = "$now"
}
function Convert-Marks([string]$text) {
    foreach ($mark in $marks.Keys) { $text = $text.Replace($mark, $marks[$mark]) }
    return $text
}

try {
    Copy-Item -LiteralPath (Join-Path $here "draft") -Destination $work -Recurse
    Get-ChildItem -LiteralPath $work -Recurse -Filter *.json | ForEach-Object {
        $text = [System.IO.File]::ReadAllText($_.FullName, $utf8)
        [System.IO.File]::WriteAllText($_.FullName, (Convert-Marks $text), $utf8)
    }
    $entry = (Convert-Marks ([System.IO.File]::ReadAllText((Join-Path $here "install\entry.txt"), $utf8))).Trim()
    if (Test-Path -LiteralPath $index) {
        $text = [System.IO.File]::ReadAllText($index, $utf8)
        $found = [regex]::Match($text, '"all_draft_store"\s*:\s*\[')
        if (-not $found.Success) { Stop-With "The app's list of drafts, $index, is not as expected; nothing was changed." "Open the app once, and try again." }
        $end = $found.Index + $found.Length
        $tail = $text.Substring($end)
        $comma = ","
        if ($tail.TrimStart().StartsWith("]")) { $comma = "" }
        $text = $text.Substring(0, $end) + $entry + $comma + $tail
    } else {
        $text = '{"all_draft_store":[' + $entry + '],"draft_ids":1,"root_path":"' + $marks["%VITASCOPE_ROOT%"] + '"}'
    }
    [System.IO.File]::WriteAllText("$index.part", $text, $utf8)
    [System.IO.Directory]::Move($work, $target)  # .NET's, to which a [ in a name is a letter like any other
    if (Test-Path -LiteralPath $index) {
        [System.IO.File]::Copy($index, "$index.vitascope-" + [DateTime]::Now.ToString("yyyyMMddHHmmssfff") + ".bak")
    }
    [System.IO.File]::Copy("$index.part", $index, $true)
} finally {
    foreach ($left in $work, "$index.part") {
        if ($left -and (Test-Path -LiteralPath $left)) { Remove-Item -LiteralPath $left -Recurse -Force }
    }
}
Write-Host "The draft ""$free"" is in $root. Start the app."
