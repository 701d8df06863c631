# Installs the built installer for this person, lets the installed program test itself, and uninstalls it. An installer
# without a valid signature is then named so.
$ErrorActionPreference = "Stop"

$installer = Get-Item dist\packages\*.exe
$place = Join-Path $env:LOCALAPPDATA "Programs\Tidegate"
$key = "HKCU:\Software\Microsoft\Windows\CurrentVersion\Uninstall\Tidegate"

Start-Process $installer.FullName "/S" -Wait
if (-not (Test-Path "$place\Tidegate.exe")) { throw "The installer installed nothing" }
if (-not (Test-Path $key)) { throw "Windows does not list it" }
& "$place\tidegate-console.exe" --self-test
if ($LASTEXITCODE) { throw "The installed program fails its self-test" }

Start-Process "$place\uninstall.exe" "/S" -Wait
foreach ($try in 1..120) {
    if (-not (Test-Path $place)) { break }
    Start-Sleep -Milliseconds 500
}
if (Test-Path $place) { throw "The uninstaller left $(Get-ChildItem -Recurse $place)" }
if (Test-Path $key) { throw "Windows still lists it" }

if ((Get-AuthenticodeSignature $installer.FullName).Status -ne "Valid") {
    Write-Output "::warning::The Windows installer is unsigned"
    python packaging\release.py mark dist\packages
}
