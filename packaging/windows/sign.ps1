# Signs programs with a certificate:  sign.ps1 FILE…
#
#   WINDOWS_CERTIFICATE            the .pfx, in base64
#   WINDOWS_CERTIFICATE_PASSWORD   its password
param([Parameter(Mandatory, ValueFromRemainingArguments)][string[]]$Files)
$ErrorActionPreference = "Stop"

$pfx = Join-Path $env:RUNNER_TEMP "tidegate.pfx"
[IO.File]::WriteAllBytes($pfx, [Convert]::FromBase64String($env:WINDOWS_CERTIFICATE))
try {
    $signtool = Get-ChildItem "${env:ProgramFiles(x86)}\Windows Kits\10\bin\*\x64\signtool.exe" |
        Sort-Object FullName | Select-Object -Last 1
    foreach ($file in $Files) {
        & $signtool sign /fd SHA256 /td SHA256 /tr http://timestamp.digicert.com /f $pfx `
            /p $env:WINDOWS_CERTIFICATE_PASSWORD $file
        if ($LASTEXITCODE) { throw "$file could not be signed" }
        & $signtool verify /pa $file
        if ($LASTEXITCODE) { throw "$file is signed, but Windows does not believe it" }
    }
} finally {
    Remove-Item $pfx
}
