-- Arranges the disk image's window: the program on the left, the folder it belongs into on the right.
on run arguments
	set volumeName to item 1 of arguments
	tell application "Finder"
		tell disk volumeName
			open
			set current view of container window to icon view
			set toolbar visible of container window to false
			set statusbar visible of container window to false
			set the bounds of container window to {200, 150, 800, 550}
			set options to the icon view options of container window
			set arrangement of options to not arranged
			set icon size of options to 112
			set background picture of options to file ".background:background.png"
			set position of item "Tidegate.app" of container window to {150, 190}
			set position of item "Applications" of container window to {450, 190}
			update without registering applications
			delay 1
			close
		end tell
	end tell
end run
